"""Leaving of a whole organisation: asked for, waited for, taken along, then gone."""
