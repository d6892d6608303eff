"""The directory of a firm (Entra ID, Okta, Keycloak) takes people in and lets them go, by SCIM 2.0."""
