# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = Kurdî (Kurmancî)
meta-direction = ltr
meta-locale = ku
meta-review = none

training = PERWERDE
training-how = Li vir tiştek rast nîne. Tu kesekî rastîn nayê kontrolkirin.
lessons = Ders
lesson-end = Vê dersê biqedîne
