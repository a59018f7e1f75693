# Words of the capture subject's pages. One message, one sound: sounds/ar/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = العربية
meta-direction = rtl
meta-locale = ar
meta-review = none

choose-language = اختر لغتك
listen = استمع
listen-all = استمع إلى اللغات
change-language = اللغة
stop = توقف
help-seat = أنا جالس أو لا أستطيع الوصول
go-on = متابعة
back = رجوع
yes = نعم
no = لا
computer-voice = صوت آلي
wait-officer = يرجى الانتظار. سيبدأ أحد الضباط.
adult = هل عمرك 18 سنة أو أكثر؟
not-adult = يرجى التحدث مع أحد الضباط. لم يُسجَّل شيء.
notice-title = قبل أن نبدأ
notice-1 = نسجّل صورة وجهك وبصمات أصابعك.
notice-2 = يُبحث عنها في سجلات الشرطة.
notice-3 = تُرسل مختومة إلى المكتب الوطني. لا يستطيع هذا الجهاز قراءتها بعد ذلك.
notice-4 = لا يقرر الحاسوب بشأنك. يتحقق شخصان من كل نتيجة.
notice-5 = يمكنك أن تسأل عما يُحفظ عنك وأن تطلب تصحيح الأخطاء. اسأل الضابط.
notice-6 = يمكنك التوقف في أي وقت: المس اليد الحمراء. عندها لا يُحفظ شيء، ويتحدث معك ضابط.
enrol-1 = نسجّلك في السجل الوطني ونقارنك بالأشخاص المسجّلين فيه. لا يُبحث في سجلات الشرطة.
enrol-2 = تبقى هناك حتى تنتهي مدتها، ثم تُمحى.
enrol-3 = لا يقرر الحاسوب بشأنك. إذا كان أحد المسجّلين يشبهك، يقارن أشخاص بينكما.
notice-part = { $number } من { $total }
notice-accept = فهمت. متابعة
notice-refuse = لا أريد هذا
face-look = انظر إلى الكاميرا
finger-place = { $finger ->
    [1] ضع إبهامك الأيمن على الزجاج
    [2] ضع سبابتك اليمنى على الزجاج
    [3] ضع إصبعك الأوسط الأيمن على الزجاج
    [4] ضع بنصرك الأيمن على الزجاج
    [5] ضع خنصرك الأيمن على الزجاج
    [6] ضع إبهامك الأيسر على الزجاج
    [7] ضع سبابتك اليسرى على الزجاج
    [8] ضع إصبعك الأوسط الأيسر على الزجاج
    [9] ضع بنصرك الأيسر على الزجاج
   *[10] ضع خنصرك الأيسر على الزجاج
 }
finger-lift = ارفع إصبعك
finger-reading = يرجى الانتظار لحظة
going-on = لا بأس. نتابع.
again = يرجى المحاولة مرة أخرى
advice-no-face = قف أمام الكاميرا
advice-several-faces = شخص واحد فقط من فضلك
advice-too-far = اقترب
advice-too-close = ابتعد قليلاً
advice-look-straight = انظر مباشرة إلى الكاميرا
advice-upright = أبقِ رأسك مستقيماً
advice-whole-face = تحرّك حتى يظهر وجهك كله في الصورة
advice-eyes = افتح عينيك
advice-uncover = اكشف وجهك من فضلك إن استطعت
advice-too-dark = اتجه نحو الضوء
advice-glare = ابتعد قليلاً عن الضوء الساطع
advice-even-light = وجّه وجهك نحو الضوء بالتساوي
advice-hold-still = اثبت لحظة
advice-place-finger = ضع إصبعك على الزجاج
advice-more-finger = ضع جزءاً أكبر من إصبعك على الزجاج
advice-middle = ضع وسط الإصبع على الزجاج
advice-press-harder = اضغط أكثر قليلاً
advice-dry-finger = جفف إصبعك واضغط أقل قليلاً
advice-finger-still = أبقِ إصبعك ثابتاً
advice-other-finger = هذا الإصبع وُضع من قبل. ضع الإصبع المعروض على الزجاج
advice-same-finger = ضع على الزجاج الإصبع نفسه كما من قبل
advice-wipe-glass = امسح الزجاج بقطعة قماش جافة ثم ضع إصبعك عليه
advice-roll-left = أدر إصبعك قليلاً إلى اليسار
advice-roll-right = أدر إصبعك قليلاً إلى اليمين
advice-fingertip = أظهر طرف إصبعك أكثر قليلاً
advice-forward = قدّم إصبعك قليلاً إلى الأمام
cannot = لا أستطيع فعل هذا
why = ما السبب؟
why-missing = هذا الإصبع مفقود
why-partly = جزء منه مفقود
why-bandaged = عليه ضماد أو مصاب
why-cannot = لا أستطيع
why-refuses = لا أريد
why-no-fingers = لا أستطيع إعطاء أي إصبع
seat-hint = يمكنك البقاء جالساً. اطلب من الضابط خفض الكاميرا. كل الأزرار في الأسفل الآن.
review = هل نرسلها؟
review-accept = نعم، أرسلها
review-again = مرة أخرى
waiting = شكراً. يرجى الانتظار لحظة.
done-thanks = شكراً. يرجى الذهاب إلى الضابط.
done-kept = شكراً. حُفظت بأمان وستُفحص لاحقاً. يرجى الذهاب إلى الضابط.
done-stopped = توقفنا. لم يُحفظ شيء. يرجى التحدث مع ضابط.
done-nothing = لم نتمكن من التسجيل. لم يُحفظ شيء. يرجى التحدث مع ضابط.
done-enrolled = شكراً. تم تسجيلك. يرجى الذهاب إلى الضابط.
done-officer = شكراً. سينظر ضابط في الأمر معك. يرجى الذهاب إلى الضابط.
done-not-enrolled = لم نتمكن من تسجيلك. يرجى التحدث مع ضابط، فهو يعرف ما يجب فعله.
slip = التقط صورة لهذا، أو اطلب من الموظف طباعته
slip-title = بياناتك
slip-number = رقمك
slip-keep = احتفظ بهذا الرقم في مكان آمن. به يمكنك السؤال عن بياناتك.
slip-holder = من يحتفظ ببياناتك
slip-ask = أين تسأل
slip-ask-officer = اسأل موظفاً في هذا المركز.
slip-rights = يمكنك أن ترى ما هو محفوظ عنك، وأن تُصحَّح الأخطاء، وأن تطلب محوه.
slip-authority = من يشرف على ذلك
slip-days = يُحفظ على الأكثر (أيام): { $days }
slip-nothing = هذه الورقة لا تقول شيئاً عنك ولا عن النتيجة.
slip-done = أخذته
fault = هذا الجهاز معطل. يرجى التحدث مع ضابط.
other-screen = { fault }
still-there = هل ما زلت هنا؟
more-time = نعم، أحتاج إلى مزيد من الوقت
seconds = { $count ->
    [zero] { $count } ثانية
    [one] ثانية واحدة
    [two] ثانيتان
    [few] { $count } ثوانٍ
    [many] { $count } ثانية
   *[other] { $count } ثانية
 }
