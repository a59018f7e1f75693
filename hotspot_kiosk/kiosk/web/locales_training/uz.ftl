# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = Oʻzbekcha
meta-direction = ltr
meta-locale = uz
meta-review = none

training = OʻQUV MASHGʻULOTI
training-how = Bu yerda hech narsa haqiqiy emas. Hech bir haqiqiy odam tekshirilmaydi.
lessons = Darslar
lesson-end = Bu darsni tugatish
