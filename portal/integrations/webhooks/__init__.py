"""Webhooks out: a customer's server hears what happens, signed by Standard Webhooks (https://www.standardwebhooks.com)."""
