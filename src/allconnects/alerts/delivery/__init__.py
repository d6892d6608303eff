"""How somebody is told: in the page, by mail, by Web Push, by webhook."""
