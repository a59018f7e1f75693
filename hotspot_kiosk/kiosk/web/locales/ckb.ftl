# Words of the capture subject's pages. One message, one sound: sounds/ckb/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = کوردیی ناوەندی
meta-direction = rtl
meta-locale = ckb
meta-review = none

choose-language = زمانەکەت هەڵبژێرە
listen = گوێ بگرە
listen-all = گوێگرتن لە زمانەکان
change-language = زمان
stop = وەستان
help-seat = دانیشتووم یان دەستم ناگات
go-on = بەردەوامبە
back = گەڕانەوە
yes = بەڵێ
no = نەخێر
computer-voice = دەنگی کۆمپیوتەر
wait-officer = تکایە چاوەڕێ بکە. ئەفسەرێک دەستپێدەکات.
adult = تەمەنت ١٨ ساڵ یان زیاترە؟
not-adult = تکایە لەگەڵ ئەفسەرێک قسە بکە. هیچ تۆمار نەکرا.
notice-title = پێش دەستپێکردن
notice-1 = وێنەی دەموچاو و پەنجەمۆرت دەگرین.
notice-2 = لە تۆمارەکانی پۆلیسدا بۆیان دەگەڕێین.
notice-3 = بە مۆرکراوی بۆ نووسینگەی نیشتمانی دەنێردرێن. ئەم ئامێرە ناتوانێت دووبارە بیانخوێنێتەوە.
notice-4 = کۆمپیوتەر بڕیار لەسەر تۆ نادات. دوو کەس هەموو ئەنجامێک دەپشکنن.
notice-5 = دەتوانیت بپرسیت چی لەسەرت هەڵگیراوە و داوای ڕاستکردنەوەی هەڵە بکەیت. لە ئەفسەر بپرسە.
notice-6 = هەر کاتێک دەتوانیت بوەستیت: دەست لە دەستی سوور بدە. ئەوسا هیچ هەڵناگیرێت و ئەفسەرێک قسەت لەگەڵ دەکات.
notice-part = { $number } لە { $total }
notice-accept = تێگەیشتم. بەردەوامبە
notice-refuse = ئەمەم ناوێت
face-look = سەیری کامێراکە بکە
finger-place = { $finger ->
    [1] پەنجەگەورەی ڕاست لەسەر شووشەکە دابنێ
    [2] پەنجەی شایەتمانی ڕاست لەسەر شووشەکە دابنێ
    [3] پەنجەی ناوەڕاستی ڕاست لەسەر شووشەکە دابنێ
    [4] پەنجەی ئەنگوستیلەی ڕاست لەسەر شووشەکە دابنێ
    [5] پەنجەتووتەی ڕاست لەسەر شووشەکە دابنێ
    [6] پەنجەگەورەی چەپ لەسەر شووشەکە دابنێ
    [7] پەنجەی شایەتمانی چەپ لەسەر شووشەکە دابنێ
    [8] پەنجەی ناوەڕاستی چەپ لەسەر شووشەکە دابنێ
    [9] پەنجەی ئەنگوستیلەی چەپ لەسەر شووشەکە دابنێ
   *[10] پەنجەتووتەی چەپ لەسەر شووشەکە دابنێ
 }
finger-lift = پەنجەت هەڵبگرە
finger-reading = تکایە کەمێک چاوەڕێ بکە
going-on = کێشە نییە. بەردەوام دەبین.
again = تکایە جارێکی تر
advice-no-face = لەبەردەم کامێراکە بوەستە
advice-several-faces = تکایە تەنها یەک کەس
advice-too-far = نزیکتر وەرە
advice-too-close = کەمێک بڕۆ دواوە
advice-look-straight = ڕاستەوخۆ سەیری کامێراکە بکە
advice-upright = سەرت ڕاست بگرە
advice-whole-face = بجووڵێ تا هەموو دەموچاوت لە وێنەکەدا بێت
advice-eyes = چاوەکانت بکەرەوە
advice-uncover = ئەگەر دەتوانیت دەموچاوت دەربخە
advice-too-dark = ڕوو لە ڕووناکی بکە
advice-glare = کەمێک ڕوو لە ڕووناکی بەهێز وەرگێڕە
advice-even-light = دەموچاوت بە یەکسانی ڕوو لە ڕووناکی بکە
advice-hold-still = ساتێک مەجووڵێ
advice-place-finger = پەنجەت لەسەر شووشەکە دابنێ
advice-more-finger = بەشێکی زیاتری پەنجەت لەسەر شووشەکە دابنێ
advice-middle = ناوەڕاستی پەنجەت لەسەر شووشەکە دابنێ
advice-press-harder = کەمێک زیاتر پاڵی پێوە بنێ
advice-dry-finger = پەنجەت وشک بکەرەوە و کەمێک کەمتر پاڵی پێوە بنێ
advice-finger-still = پەنجەت مەجووڵێنە
cannot = ناتوانم ئەمە بکەم
why = هۆکارەکەی چییە؟
why-missing = ئەم پەنجەیەم نییە
why-bandaged = پێچراوە یان بریندارە
why-cannot = ناتوانم
why-refuses = نامەوێت
why-no-fingers = ناتوانم هیچ پەنجەیەک بدەم
seat-hint = دەتوانیت بە دانیشتوویی بمێنیتەوە. داوا لە ئەفسەر بکە کامێراکە دابگرێت. هەموو دوگمەکان ئێستا لە خوارەوەن.
review = بینێرین؟
review-accept = بەڵێ، بینێرە
review-again = جارێکی تر
waiting = سوپاس. تکایە کەمێک چاوەڕێ بکە.
done-thanks = سوپاس. تکایە بڕۆ لای ئەفسەرەکە.
done-kept = سوپاس. بە پارێزراوی هەڵگیرا و دواتر دەپشکنرێت. تکایە بڕۆ لای ئەفسەرەکە.
done-stopped = وەستا. هیچ هەڵنەگیرا. تکایە لەگەڵ ئەفسەرێک قسە بکە.
done-nothing = هیچ تۆمار نەکرا و هەڵنەگیرا. تکایە لەگەڵ ئەفسەرێک قسە بکە.
fault = ئەم ئامێرە کار ناکات. تکایە لەگەڵ ئەفسەرێک قسە بکە.
other-screen = { fault }
still-there = هێشتا لێرەیت؟
more-time = بەڵێ، کاتی زیاترم دەوێت
seconds = { $count ->
   *[other] { $count } چرکە
 }
