"""Other people's comparators, measured on the same pairs in the same run; `.ci/peers` fetches them, none ships."""
