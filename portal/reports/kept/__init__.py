"""What figures are read from beside the rollups: days that are over, put together by the clock so that a year is a few lines.

`blocks` says how days are laid and kept; `click_folds`, `mix_folds` and `person_folds` what is known of them; `totals` of
people, day by day. `came` and `touches` note once what would have to be looked up for each person.
"""
