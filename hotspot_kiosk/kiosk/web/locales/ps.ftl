# Words of the capture subject's pages. One message, one sound: sounds/ps/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = پښتو
meta-direction = rtl
meta-locale = ps
meta-review = none

choose-language = خپله ژبه وټاکئ
listen = واورئ
listen-all = ژبې واورئ
change-language = ژبه
stop = ودرېدل
help-seat = زه ناست یم یا لاس مې نه رسېږي
go-on = مخکې
back = شاته
yes = هو
no = نه
computer-voice = د کمپیوټر غږ
wait-officer = مهرباني وکړئ انتظار وکړئ. افسر به پیل وکړي.
adult = ایا ۱۸ کلن یا لوی یاست؟
not-adult = مهرباني وکړئ له افسر سره خبرې وکړئ. هیڅ ثبت نه شول.
notice-title = مخکې له پیل
notice-1 = موږ ستاسو د مخ او د ګوتو نښې اخلو.
notice-2 = دا د پولیسو په ریکارډونو کې لټول کېږي.
notice-3 = دا مهر شوي ملي دفتر ته لېږل کېږي. دا ماشین یې بیا نه شي لوستلی.
notice-4 = کمپیوټر ستاسو په اړه پرېکړه نه کوي. دوه کسان هره پایله ګوري.
notice-5 = تاسو پوښتلی شئ چې ستاسو په اړه څه ساتل کېږي او د تېروتنو سمون غوښتلی شئ. له افسر وپوښتئ.
notice-6 = هر وخت درېدلی شئ: سور لاس ته ګوته ورکړئ. بیا هیڅ نه ساتل کېږي او افسر درسره خبرې کوي.
enrol-1 = موږ تاسو په ملي ثبت کې ثبتوو او له ثبت شویو کسانو سره مو پرتله کوو. د پولیسو ریکارډونه نه لټول کېږي.
enrol-2 = هلته تر خپلې مودې پورې پاتې کېږي، بیا پاکېږي.
enrol-3 = کمپیوټر ستاسو په اړه پرېکړه نه کوي. که یو ثبت شوی کس تاسو ته ورته وي، خلک یې پرتله کوي.
notice-part = { $number } له { $total }
notice-accept = پوه شوم. مخکې
notice-refuse = دا نه غواړم
face-look = کمرې ته وګورئ
finger-place = { $finger ->
    [1] ښي بټه ګوته پر ښیښه کېږدئ
    [2] د ښي لاس د شهادت ګوته پر ښیښه کېږدئ
    [3] د ښي لاس منځنۍ ګوته پر ښیښه کېږدئ
    [4] د ښي لاس څلورمه ګوته پر ښیښه کېږدئ
    [5] د ښي لاس کچه ګوته پر ښیښه کېږدئ
    [6] کیڼه بټه ګوته پر ښیښه کېږدئ
    [7] د کیڼ لاس د شهادت ګوته پر ښیښه کېږدئ
    [8] د کیڼ لاس منځنۍ ګوته پر ښیښه کېږدئ
    [9] د کیڼ لاس څلورمه ګوته پر ښیښه کېږدئ
   *[10] د کیڼ لاس کچه ګوته پر ښیښه کېږدئ
 }
finger-lift = ګوته پورته کړئ
finger-reading = لږ انتظار وکړئ
going-on = خیر دی. مخکې ځو.
again = یو ځل بیا هڅه وکړئ
advice-no-face = د کمرې مخې ته ودرېږئ
advice-several-faces = مهرباني وکړئ یو کس
advice-too-far = نږدې راشئ
advice-too-close = لږ شاته شئ
advice-look-straight = نېغ کمرې ته وګورئ
advice-upright = سر نېغ ونیسئ
advice-whole-face = وخوځېږئ چې ټول مخ مو په انځور کې شي
advice-eyes = سترګې خلاصې کړئ
advice-uncover = که کولی شئ مخ مو ښکاره کړئ
advice-too-dark = رڼا ته مخ کړئ
advice-glare = له تېزې رڼا لږ مخ واړوئ
advice-even-light = مخ مو برابر رڼا ته ونیسئ
advice-hold-still = یوه شېبه مه خوځېږئ
advice-place-finger = ګوته پر ښیښه کېږدئ
advice-more-finger = د ګوتې زیاته برخه پر ښیښه کېږدئ
advice-middle = د ګوتې منځ پر ښیښه کېږدئ
advice-press-harder = لږ زور ورکړئ
advice-dry-finger = ګوته وچه کړئ او لږ زور کم کړئ
advice-finger-still = ګوته مه خوځوئ
advice-other-finger = دا ګوته مخکې ایښودل شوې وه. ښودل شوې ګوته پر شیشه کېږدئ
advice-same-finger = هماغه مخکنۍ ګوته پر شیشه کېږدئ
advice-wipe-glass = شیشه په وچ ټوکر پاکه کړئ، بیا خپله ګوته پرې کېږدئ
advice-roll-left = ګوته مو لږ کیڼ لور ته وګرځوئ
advice-roll-right = ګوته مو لږ ښي لور ته وګرځوئ
advice-fingertip = د ګوتې څوکه لږ نوره هم وښایئ
advice-forward = ګوته مو لږ مخته کېږدئ
cannot = دا نه شم کولی
why = لامل څه دی؟
why-missing = دا ګوته نشته
why-partly = یوه برخه یې نشته
why-bandaged = پټۍ شوې یا ټپي ده
why-cannot = نه شم کولی
why-refuses = نه غواړم
why-no-fingers = هیڅ ګوته نه شم ورکولی
seat-hint = ناست پاتې کېدلی شئ. له افسر وغواړئ چې کمره ښکته کړي. ټولې تڼۍ اوس لاندې دي.
review = ویې لېږو؟
review-accept = هو، ویې لېږئ
review-again = یو ځل بیا
waiting = مننه. لږ انتظار وکړئ.
done-thanks = مننه. مهرباني وکړئ افسر ته ورشئ.
done-kept = مننه. خوندي وساتل شول او وروسته به وکتل شي. افسر ته ورشئ.
done-stopped = ودرول شول. هیڅ ونه ساتل شول. له افسر سره خبرې وکړئ.
done-nothing = هیڅ ثبت او ونه ساتل شول. له افسر سره خبرې وکړئ.
done-enrolled = مننه. تاسو ثبت شوئ. مهرباني وکړئ افسر ته ورشئ.
done-officer = مننه. یو افسر به یې له تاسو سره وګوري. افسر ته ورشئ.
done-not-enrolled = تاسو ثبت نه شوئ. له افسر سره خبرې وکړئ، هغه پوهیږي چې څه وکړي.
slip = د دې عکس واخلئ، یا له افسر څخه وغواړئ چې چاپ یې کړي
slip-title = ستاسو معلومات
slip-number = ستاسو شمېره
slip-keep = دا شمېره خوندي وساتئ. په دې سره تاسو د خپلو معلوماتو په اړه پوښتنه کولی شئ.
slip-holder = ستاسو معلومات څوک ساتي
slip-ask = چېرته پوښتنه وکړئ
slip-ask-officer = په دې پوسته کې له یوه افسر څخه وپوښتئ.
slip-rights = تاسو لیدلی شئ چې ستاسو په اړه څه ساتل شوي، تېروتنې سمولی شئ، او غوښتلی شئ چې پاک شي.
slip-authority = دا څوک څاري
slip-days = تر ټولو ډېر ساتل کېږي (ورځې): { $days }
slip-nothing = دا کاغذ ستاسو یا د پایلې په اړه هېڅ نه وايي.
slip-done = وا مې خیست
fault = دا ماشین کار نه کوي. له افسر سره خبرې وکړئ.
other-screen = { fault }
still-there = لا دلته یاست؟
more-time = هو، زیات وخت غواړم
seconds = { $count ->
    [one] { $count } ثانیه
   *[other] { $count } ثانیې
 }
