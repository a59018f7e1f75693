# Words of the capture subject's pages. One message, one sound: sounds/prs/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = دری
meta-direction = rtl
meta-locale = fa-AF
meta-review = none

choose-language = زبان خود را انتخاب کنید
listen = گوش کنید
listen-all = شنیدن زبان‌ها
change-language = زبان
stop = توقف
help-seat = نشسته‌ام یا دستم نمی‌رسد
go-on = ادامه
back = بازگشت
yes = بلی
no = نه
computer-voice = صدای کمپیوتر
wait-officer = لطفاً صبر کنید. افسر شروع می‌کند.
adult = آیا ۱۸ سال یا بیشتر دارید؟
not-adult = لطفاً با افسر صحبت کنید. چیزی ثبت نشد.
notice-title = پیش از شروع
notice-1 = از چهره و اثر انگشتان شما تصویر می‌گیریم.
notice-2 = آن‌ها در سوابق پولیس جستجو می‌شوند.
notice-3 = به صورت مهرشده به دفتر ملی فرستاده می‌شوند. این ماشین دیگر نمی‌تواند آن‌ها را بخواند.
notice-4 = کمپیوتر درباره شما تصمیم نمی‌گیرد. دو نفر هر نتیجه را بررسی می‌کنند.
notice-5 = می‌توانید بپرسید چه چیزی درباره شما نگه داشته شده و اصلاح اشتباه‌ها را بخواهید. از افسر بپرسید.
notice-6 = هر زمان می‌توانید متوقف شوید: دست قرمز را لمس کنید. آنگاه چیزی نگه داشته نمی‌شود و افسر با شما صحبت می‌کند.
notice-part = { $number } از { $total }
notice-accept = فهمیدم. ادامه
notice-refuse = این را نمی‌خواهم
face-look = به کمره نگاه کنید
finger-place = { $finger ->
    [1] شست راست را روی شیشه بگذارید
    [2] انگشت اشاره راست را روی شیشه بگذارید
    [3] انگشت میانی راست را روی شیشه بگذارید
    [4] انگشت حلقه راست را روی شیشه بگذارید
    [5] انگشت کوچک راست را روی شیشه بگذارید
    [6] شست چپ را روی شیشه بگذارید
    [7] انگشت اشاره چپ را روی شیشه بگذارید
    [8] انگشت میانی چپ را روی شیشه بگذارید
    [9] انگشت حلقه چپ را روی شیشه بگذارید
   *[10] انگشت کوچک چپ را روی شیشه بگذارید
 }
finger-lift = انگشت را بردارید
finger-reading = لطفاً کمی صبر کنید
going-on = اشکالی ندارد. ادامه می‌دهیم.
again = لطفاً یک بار دیگر
advice-no-face = جلوی کمره بایستید
advice-several-faces = لطفاً یک نفر
advice-too-far = نزدیک‌تر بیایید
advice-too-close = کمی عقب بروید
advice-look-straight = مستقیم به کمره نگاه کنید
advice-upright = سر خود را راست نگه دارید
advice-whole-face = جابه‌جا شوید تا تمام چهره در تصویر باشد
advice-eyes = چشم‌ها را باز کنید
advice-uncover = اگر می‌توانید چهره را باز کنید
advice-too-dark = رو به نور بایستید
advice-glare = کمی از نور شدید رو برگردانید
advice-even-light = چهره را یکنواخت رو به نور بگیرید
advice-hold-still = یک لحظه بی‌حرکت بمانید
advice-place-finger = انگشت را روی شیشه بگذارید
advice-more-finger = بخش بیشتری از انگشت را روی شیشه بگذارید
advice-middle = وسط انگشت را روی شیشه بگذارید
advice-press-harder = کمی محکم‌تر فشار دهید
advice-dry-finger = انگشت را خشک کنید و کمی کمتر فشار دهید
advice-finger-still = انگشت را بی‌حرکت نگه دارید
cannot = نمی‌توانم
why = دلیل چیست؟
why-missing = این انگشت را ندارم
why-bandaged = پلستر یا زخمی است
why-cannot = نمی‌توانم
why-refuses = نمی‌خواهم
why-no-fingers = هیچ انگشتی نمی‌توانم بدهم
seat-hint = می‌توانید نشسته بمانید. از افسر بخواهید کمره را پایین بیاورد. همه دگمه‌ها اکنون پایین هستند.
review = بفرستیم؟
review-accept = بلی، بفرستید
review-again = یک بار دیگر
waiting = تشکر. لطفاً کمی صبر کنید.
done-thanks = تشکر. لطفاً نزد افسر بروید.
done-kept = تشکر. با امنیت نگه داشته شد و بعداً بررسی می‌شود. لطفاً نزد افسر بروید.
done-stopped = متوقف شد. چیزی نگه داشته نشد. لطفاً با افسر صحبت کنید.
done-nothing = چیزی ثبت نشد و نگه داشته نشد. لطفاً با افسر صحبت کنید.
done-enrolled = تشکر. شما ثبت شدید. لطفاً نزد افسر بروید.
done-officer = تشکر. یک افسر همراه شما آن را می‌بیند. لطفاً نزد افسر بروید.
done-not-enrolled = ثبت شما ممکن نشد. لطفاً با افسر صحبت کنید؛ او می‌داند چه باید کرد.
slip = از این عکس بگیرید، یا از مأمور بخواهید آن را چاپ کند
slip-title = معلومات شما
slip-number = نمبر شما
slip-keep = این نمبر را نگه دارید. با آن می‌توانید دربارهٔ معلومات خود بپرسید.
slip-holder = چه کسی معلومات شما را نگه می‌دارد
slip-ask = کجا بپرسید
slip-ask-officer = از یک مأمور در این پوسته بپرسید.
slip-rights = می‌توانید ببینید چه دربارهٔ شما نگه داشته شده، اشتباهات را اصلاح کنید و بخواهید که پاک شود.
slip-authority = چه کسی این را نظارت می‌کند
slip-days = حداکثر نگه داشته می‌شود (روز): { $days }
slip-nothing = این کاغذ چیزی دربارهٔ شما یا نتیجه نمی‌گوید.
slip-done = گرفتم
fault = این ماشین کار نمی‌کند. لطفاً با افسر صحبت کنید.
other-screen = { fault }
still-there = هنوز اینجا هستید؟
more-time = بلی، زمان بیشتری می‌خواهم
seconds = { $count ->
   *[other] { $count } ثانیه
 }
