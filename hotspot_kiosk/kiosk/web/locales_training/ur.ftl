# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = اردو
meta-direction = rtl
meta-locale = ur
meta-review = none

training = تربیت
training-how = یہاں کچھ بھی حقیقی نہیں۔ کسی حقیقی شخص کی جانچ نہیں ہوتی۔
lessons = اسباق
lesson-end = یہ سبق ختم کریں
