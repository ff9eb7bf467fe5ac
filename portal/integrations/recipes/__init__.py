"""Recipes: what to paste into an applicant system that can do no more than send messages.

`systems` says what is known of each, `merge_fields` keeps how a workspace's own writes its fields, `recipe` puts link and texts
together, and `trying` shows what a candidate would see of a link as it really arrived.
"""
