# Words of the capture subject's pages. One message, one sound: sounds/ur/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = اردو
meta-direction = rtl
meta-locale = ur
meta-review = none

choose-language = اپنی زبان چنیں
listen = سنیں
listen-all = زبانیں سنیں
change-language = زبان
stop = رکیں
help-seat = میں بیٹھا ہوں یا پہنچ نہیں سکتا
go-on = آگے
back = واپس
yes = ہاں
no = نہیں
computer-voice = کمپیوٹر کی آواز
wait-officer = براہ کرم انتظار کریں۔ افسر شروع کرے گا۔
adult = کیا آپ کی عمر 18 سال یا زیادہ ہے؟
not-adult = براہ کرم افسر سے بات کریں۔ کچھ محفوظ نہیں ہوا۔
notice-title = شروع کرنے سے پہلے
notice-1 = ہم آپ کے چہرے اور انگلیوں کے نشان لیتے ہیں۔
notice-2 = انہیں پولیس کے ریکارڈ میں تلاش کیا جاتا ہے۔
notice-3 = یہ مہر بند ہو کر قومی دفتر جاتے ہیں۔ یہ مشین انہیں دوبارہ نہیں پڑھ سکتی۔
notice-4 = کمپیوٹر آپ کے بارے میں فیصلہ نہیں کرتا۔ دو لوگ ہر نتیجہ دیکھتے ہیں۔
notice-5 = آپ پوچھ سکتے ہیں کہ آپ کے بارے میں کیا رکھا ہے اور غلطی درست کروا سکتے ہیں۔ افسر سے پوچھیں۔
notice-6 = آپ کسی بھی وقت رک سکتے ہیں: سرخ ہاتھ چھوئیں۔ پھر کچھ نہیں رکھا جاتا اور افسر آپ سے بات کرتا ہے۔
enrol-1 = ہم آپ کو قومی رجسٹر میں درج کرتے ہیں اور اس میں درج لوگوں سے ملاتے ہیں۔ پولیس کے ریکارڈ میں تلاش نہیں ہوتی۔
enrol-2 = یہ اپنی مدت تک وہاں رہتے ہیں، پھر مٹا دیے جاتے ہیں۔
enrol-3 = کمپیوٹر آپ کے بارے میں فیصلہ نہیں کرتا۔ اگر کوئی درج شخص آپ جیسا ہو تو لوگ موازنہ کرتے ہیں۔
notice-part = { $total } میں سے { $number }
notice-accept = میں سمجھ گیا۔ آگے
notice-refuse = میں یہ نہیں چاہتا
face-look = کیمرے کو دیکھیں
finger-place = { $finger ->
    [1] دایاں انگوٹھا شیشے پر رکھیں
    [2] دائیں شہادت کی انگلی شیشے پر رکھیں
    [3] دائیں درمیانی انگلی شیشے پر رکھیں
    [4] دائیں انگوٹھی والی انگلی شیشے پر رکھیں
    [5] دائیں چھوٹی انگلی شیشے پر رکھیں
    [6] بایاں انگوٹھا شیشے پر رکھیں
    [7] بائیں شہادت کی انگلی شیشے پر رکھیں
    [8] بائیں درمیانی انگلی شیشے پر رکھیں
    [9] بائیں انگوٹھی والی انگلی شیشے پر رکھیں
   *[10] بائیں چھوٹی انگلی شیشے پر رکھیں
 }
finger-lift = انگلی اٹھائیں
finger-reading = ذرا انتظار کریں
going-on = کوئی بات نہیں۔ ہم آگے بڑھتے ہیں۔
again = ایک بار پھر کوشش کریں
advice-no-face = کیمرے کے سامنے آئیں
advice-several-faces = براہ کرم ایک ہی شخص
advice-too-far = قریب آئیں
advice-too-close = تھوڑا پیچھے ہٹیں
advice-look-straight = سیدھا کیمرے میں دیکھیں
advice-upright = سر سیدھا رکھیں
advice-whole-face = ہلیں تاکہ پورا چہرہ تصویر میں آئے
advice-eyes = آنکھیں کھولیں
advice-uncover = ہو سکے تو چہرہ کھولیں
advice-too-dark = روشنی کی طرف مڑیں
advice-glare = تیز روشنی سے تھوڑا ہٹیں
advice-even-light = چہرہ برابر روشنی کی طرف کریں
advice-hold-still = ایک لمحہ نہ ہلیں
advice-place-finger = انگلی شیشے پر رکھیں
advice-more-finger = انگلی کا زیادہ حصہ شیشے پر رکھیں
advice-middle = انگلی کا درمیان شیشے پر رکھیں
advice-press-harder = تھوڑا زور سے دبائیں
advice-dry-finger = انگلی خشک کریں اور تھوڑا کم دبائیں
advice-finger-still = انگلی نہ ہلائیں
advice-other-finger = یہ انگلی پہلے رکھی جا چکی ہے۔ دکھائی گئی انگلی شیشے پر رکھیں
advice-same-finger = پہلے والی وہی انگلی شیشے پر رکھیں
advice-wipe-glass = شیشے کو خشک کپڑے سے صاف کریں، پھر اپنی انگلی اس پر رکھیں
advice-roll-left = اپنی انگلی تھوڑی سی بائیں طرف گھمائیں
advice-roll-right = اپنی انگلی تھوڑی سی دائیں طرف گھمائیں
advice-fingertip = انگلی کی نوک تھوڑی اور دکھائیں
advice-forward = اپنی انگلی تھوڑی آگے رکھیں
cannot = میں یہ نہیں کر سکتا
why = وجہ کیا ہے؟
why-missing = یہ انگلی نہیں ہے
why-partly = اس کا ایک حصہ نہیں ہے
why-bandaged = پٹی ہے یا زخمی ہے
why-cannot = میں نہیں کر سکتا
why-refuses = میں نہیں چاہتا
why-no-fingers = میں کوئی انگلی نہیں دے سکتا
seat-hint = آپ بیٹھے رہ سکتے ہیں۔ افسر سے کیمرا نیچے کرنے کو کہیں۔ سب بٹن اب نیچے ہیں۔
review = بھیج دیں؟
review-accept = ہاں، بھیجیں
review-again = ایک بار پھر
waiting = شکریہ۔ ذرا انتظار کریں۔
done-thanks = شکریہ۔ افسر کے پاس جائیں۔
done-kept = شکریہ۔ محفوظ رکھ لیا، بعد میں جانچ ہوگی۔ افسر کے پاس جائیں۔
done-stopped = رک گیا۔ کچھ نہیں رکھا گیا۔ افسر سے بات کریں۔
done-nothing = کچھ ریکارڈ نہیں ہوا، کچھ نہیں رکھا گیا۔ افسر سے بات کریں۔
done-enrolled = شکریہ۔ آپ کا اندراج ہو گیا۔ افسر کے پاس جائیں۔
done-officer = شکریہ۔ ایک افسر آپ کے ساتھ اسے دیکھے گا۔ افسر کے پاس جائیں۔
done-not-enrolled = آپ کا اندراج نہیں ہو سکا۔ افسر سے بات کریں، وہ جانتا ہے کیا کرنا ہے۔
slip = اس کی تصویر لے لیں، یا اہلکار سے کہیں کہ اسے پرنٹ کر دے
slip-title = آپ کی معلومات
slip-number = آپ کا نمبر
slip-keep = یہ نمبر سنبھال کر رکھیں۔ اس سے آپ اپنی معلومات کے بارے میں پوچھ سکتے ہیں۔
slip-holder = آپ کی معلومات کس کے پاس ہیں
slip-ask = کہاں پوچھیں
slip-ask-officer = اس چوکی پر کسی اہلکار سے پوچھیں۔
slip-rights = آپ دیکھ سکتے ہیں کہ آپ کے بارے میں کیا رکھا گیا ہے، غلطیاں درست کروا سکتے ہیں، اور اسے مٹانے کا کہہ سکتے ہیں۔
slip-authority = اس کی نگرانی کون کرتا ہے
slip-days = زیادہ سے زیادہ رکھا جائے گا (دن): { $days }
slip-nothing = یہ کاغذ آپ کے یا نتیجے کے بارے میں کچھ نہیں بتاتا۔
slip-done = لے لیا
fault = یہ مشین خراب ہے۔ افسر سے بات کریں۔
other-screen = { fault }
still-there = کیا آپ ابھی یہاں ہیں؟
more-time = ہاں، مجھے اور وقت چاہیے
seconds = { $count ->
    [one] { $count } سیکنڈ
   *[other] { $count } سیکنڈ
 }
