# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = پښتو
meta-direction = rtl
meta-locale = ps
meta-review = none

training = روزنه
training-how = دلته هېڅ شی رښتینی نه دی. هېڅ رښتینی کس نه کتل کېږي.
lessons = درسونه
lesson-end = دا درس پای ته ورسوئ
