# Words of the capture subject's pages. One message, one sound: sounds/fa/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = فارسی
meta-direction = rtl
meta-locale = fa
meta-review = none

choose-language = زبان خود را انتخاب کنید
listen = گوش کنید
listen-all = شنیدن زبان‌ها
change-language = زبان
stop = توقف
help-seat = نشسته‌ام یا دستم نمی‌رسد
go-on = ادامه
back = بازگشت
yes = بله
no = نه
computer-voice = صدای رایانه
wait-officer = لطفاً صبر کنید. مأمور شروع می‌کند.
adult = آیا ۱۸ سال یا بیشتر دارید؟
not-adult = لطفاً با مأمور صحبت کنید. چیزی ثبت نشد.
notice-title = پیش از شروع
notice-1 = از چهره و اثر انگشتان شما تصویر می‌گیریم.
notice-2 = آن‌ها در پرونده‌های پلیس جستجو می‌شوند.
notice-3 = به صورت مهرشده به دفتر ملی فرستاده می‌شوند. این دستگاه دیگر نمی‌تواند آن‌ها را بخواند.
notice-4 = رایانه درباره شما تصمیم نمی‌گیرد. دو نفر هر نتیجه را بررسی می‌کنند.
notice-5 = می‌توانید بپرسید چه چیزی درباره شما نگه داشته شده و اصلاح اشتباه‌ها را بخواهید. از مأمور بپرسید.
notice-6 = هر زمان می‌توانید متوقف شوید: دست قرمز را لمس کنید. آنگاه چیزی نگه داشته نمی‌شود و مأمور با شما صحبت می‌کند.
notice-part = { $number } از { $total }
notice-accept = فهمیدم. ادامه
notice-refuse = این را نمی‌خواهم
face-look = به دوربین نگاه کنید
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
advice-no-face = جلوی دوربین بایستید
advice-several-faces = لطفاً یک نفر
advice-too-far = نزدیک‌تر بیایید
advice-too-close = کمی عقب بروید
advice-look-straight = مستقیم به دوربین نگاه کنید
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
why-bandaged = باندپیچی یا زخمی است
why-cannot = نمی‌توانم
why-refuses = نمی‌خواهم
why-no-fingers = هیچ انگشتی نمی‌توانم بدهم
seat-hint = می‌توانید نشسته بمانید. از مأمور بخواهید دوربین را پایین بیاورد. همه دکمه‌ها اکنون پایین هستند.
review = بفرستیم؟
review-accept = بله، بفرستید
review-again = یک بار دیگر
waiting = سپاس. لطفاً کمی صبر کنید.
done-thanks = سپاس. لطفاً نزد مأمور بروید.
done-kept = سپاس. با امنیت نگه داشته شد و بعداً بررسی می‌شود. لطفاً نزد مأمور بروید.
done-stopped = متوقف شد. چیزی نگه داشته نشد. لطفاً با مأمور صحبت کنید.
done-nothing = چیزی ثبت نشد و نگه داشته نشد. لطفاً با مأمور صحبت کنید.
done-enrolled = سپاس. شما ثبت شدید. لطفاً نزد مأمور بروید.
done-officer = سپاس. یک مأمور همراه شما آن را بررسی می‌کند. لطفاً نزد مأمور بروید.
done-not-enrolled = ثبت شما ممکن نشد. لطفاً با مأمور صحبت کنید؛ او می‌داند چه باید کرد.
slip = از این عکس بگیرید، یا از مأمور بخواهید آن را چاپ کند
slip-title = داده‌های شما
slip-number = شمارهٔ شما
slip-keep = این شماره را نگه دارید. با آن می‌توانید دربارهٔ داده‌های خود بپرسید.
slip-holder = چه کسی داده‌های شما را نگه می‌دارد
slip-ask = کجا بپرسید
slip-ask-officer = از یک مأمور در این پست بپرسید.
slip-rights = می‌توانید ببینید چه چیزی دربارهٔ شما نگه داشته شده، اشتباه‌ها را اصلاح کنید و بخواهید پاک شود.
slip-authority = چه کسی بر این نظارت می‌کند
slip-days = حداکثر نگه داشته می‌شود (روز): { $days }
slip-nothing = این کاغذ چیزی دربارهٔ شما یا نتیجه نمی‌گوید.
slip-done = برداشتم
fault = این دستگاه کار نمی‌کند. لطفاً با مأمور صحبت کنید.
other-screen = { fault }
still-there = هنوز اینجا هستید؟
more-time = بله، زمان بیشتری می‌خواهم
seconds = { $count ->
   *[other] { $count } ثانیه
 }
