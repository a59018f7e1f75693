# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = پښتو
meta-direction = rtl
meta-locale = ps
meta-review = none

training = روزنه
training-how = دلته هېڅ شی رښتینی نه دی. هېڅ رښتینی کس نه کتل کېږي.
lessons = درسونه
lesson-end = دا درس پای ته ورسوئ
lessons-how = یو درس وټاکئ. بیا په مېز داسې کار وکړئ لکه له رښتیني کس سره.
lessons-kept = له دې چې تاسو دا درس څنګه ترسره کړ هېڅ نه ساتل کېږي.
lesson-none = لا هېڅ درس نه دی پیل شوی.
step-done = وشو:

lesson-wet-finger = لمده ګوته
lesson-wet-finger-about = باران دی. د کس ګوته لمده ده.
lesson-wet-finger-1 = په مېز کتنه پیل کړئ او خبرتیا وښایئ.
lesson-wet-finger-2 = پاڼه وايي چې ګوته ولې نه منل کېږي. کس ته ووایئ چې څه وکړي.
lesson-wet-finger-3 = تر هغو انتظار وکړئ چې ګوته واخیستل شي.
lesson-wet-finger-4 = ځواب ولولئ.
lesson-wet-finger-learned = وچه ګوته څو ثانیې وخت اخلي او ښه لټون ورکوي. کمزورې یوازې هغه وخت واخلئ چې کس ښه نه شي ورکولی.

lesson-two-faces = دوه مخونه
lesson-two-faces-about = څوک د کس له اوږې ورهاخوا ګوري.
lesson-two-faces-1 = په مېز کتنه پیل کړئ او خبرتیا وښایئ.
lesson-two-faces-2 = کمره دوه مخونه ویني. وغواړئ چې هر ځل یو کس وي.
lesson-two-faces-3 = تر هغو انتظار وکړئ چې مخ او ګوته واخیستل شي.
lesson-two-faces-4 = ځواب ولولئ.
lesson-two-faces-learned = یوازې هغه کس چې خبرتیا ورته ښودل شوې په انځور کې کېدای شي.

lesson-link-down = اړیکه پرې ده
lesson-link-down-about = له دفتر سره اړیکه نشته.
lesson-link-down-1 = پاس وګورئ چې اړیکه پرې ده. بیا هم کتنه پیل کړئ.
lesson-link-down-2 = تر هغو انتظار وکړئ چې ریکارډ وساتل شي.
lesson-link-down-3 = کس ته ووایئ چې کتنه وروسته کېږي.
lesson-link-down-4 = اړیکه بېرته راځي. ځواب ته انتظار وکړئ او ویې لولئ.
lesson-link-down-learned = له اړیکې پرته هېڅ نه ورکېږي او هېڅ نه معلومېږي. بې ځوابه کتنه شک نه دی.

lesson-hit = شونی سمون
lesson-hit-about = د روزنې مرکز یو څوک پېژني چې دې کس ته ورته دی.
lesson-hit-1 = په مېز کتنه پیل کړئ او خبرتیا وښایئ.
lesson-hit-2 = ځواب ته انتظار وکړئ: شونی سمون، وګورئ.
lesson-hit-3 = ځواب خلاص کړئ، دواړه مخونه وښایئ، پرتله یې کړئ، او ووایئ چې څه مو وموندل او ولې.
lesson-hit-4 = په دفتر کې دویم کس پخپله پرتله کوي.
lesson-hit-learned = ماشین ورته والی مومي. دوه کسان پرېکړه کوي، هر یو په خپلو سترګو. تر هغه وخته کس په هېڅ تورن نه دی.

lesson-minor = ځوان کس
lesson-minor-about = کس وايي چې ۱۷ کلن دی.
lesson-minor-1 = په مېز ووایئ چې کېدای شي له ۱۸ کلونو کم وي.
lesson-minor-learned = له هغه چا چې کېدای شي له ۱۸ کلونو کم وي هېڅ بایومټریک نه اخیستل کېږي. د ماشومانو کارکوونکی راوبولئ.

lesson-refusal = نه منل
lesson-refusal-about = کله چې خبرتیا ښودل کېږي کس وايي: زه دا نه غواړم.
lesson-refusal-1 = په مېز کتنه پیل کړئ.
lesson-refusal-2 = کس نه مني. کتنه ودروئ.
lesson-refusal-learned = هېڅ ونه ساتل شول. له نه منلو وروسته چې څه راځي د عملیاتو په قانون کې دي، هېڅکله په ماشین کې نه.

say-dry = مهرباني وکړئ خپله ګوته وچه کړئ
say-one-person = مهرباني وکړئ هر ځل یو کس
say-later = ځواب وروسته راځي. تاسو په هېڅ تورن نه یاست.
say-wait = مهرباني وکړئ لږ دلته انتظار وکړئ. دوه کسان یې ګوري.

aside-overruled = تاسو هغه څه واخیستل چې ماشین نه و منلی. دا د دلیل سره روا ده؛ لومړی هڅه وکړئ چې ښه کېدای شي که نه.
aside-stopped = یوه کتنه ودرول شوه. له هغې هېڅ ونه ساتل شول. بیا پیل کړئ.
aside-refuted = تاسو وویل: بل کس. دلته هماغه کس و. له همدې امله دوه کسان ګوري.
aside-begun = یوه کتنه پیل شوه. ودروئ یې: له هغه چا چې کېدای شي له ۱۸ کلونو کم وي بایومټریک نه اخیستل کېږي.
aside-captured = هغه کس چې نه یې منل ونیول شو. همدا چې داسې ووایي ودروئ.
