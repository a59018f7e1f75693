# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = دری
meta-direction = rtl
meta-locale = prs
meta-review = none

training = آموزش
training-how = هیچ چیز اینجا واقعی نیست. هیچ شخص واقعی بررسی نمی‌شود.
lessons = درس‌ها
lesson-end = ختم این درس
