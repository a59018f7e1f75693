# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = Тоҷикӣ
meta-direction = ltr
meta-locale = tg
meta-review = none

training = ОМӮЗИШ
training-how = Дар ин ҷо ҳеҷ чиз воқеӣ нест. Ягон шахси воқеӣ санҷида намешавад.
lessons = Дарсҳо
lesson-end = Ин дарсро ба охир расонед
