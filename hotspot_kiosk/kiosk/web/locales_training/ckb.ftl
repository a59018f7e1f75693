# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = کوردیی ناوەندی
meta-direction = rtl
meta-locale = ckb
meta-review = none

training = ڕاهێنان
training-how = هیچ شتێک لێرە ڕاستەقینە نییە. هیچ کەسێکی ڕاستەقینە ناپشکنرێت.
lessons = وانەکان
lesson-end = کۆتاییهێنان بەم وانەیە
