# Words of the officers' pages. They are read, never spoken: no sounds.
# Not translated yet: what is missing here is shown in English. Whoever translates it says so in meta-review.
meta-name = پښتو
meta-direction = rtl
meta-locale = ps
meta-review = none
