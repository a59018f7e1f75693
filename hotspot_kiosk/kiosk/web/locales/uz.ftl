# Words of the capture subject's pages. One message, one sound: sounds/uz/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = Oʻzbekcha
meta-direction = ltr
meta-locale = uz
meta-review = none

choose-language = Tilingizni tanlang
listen = Tinglang
listen-all = Tillarni tinglash
change-language = Til
stop = Toʻxtatish
help-seat = Men oʻtiribman yoki qoʻlim yetmaydi
go-on = Davom etish
back = Orqaga
yes = Ha
no = Yoʻq
computer-voice = Kompyuter ovozi
wait-officer = Iltimos, kuting. Xodim boshlaydi.
adult = Yoshingiz 18 da yoki kattami?
not-adult = Iltimos, xodim bilan gaplashing. Hech narsa yozilmadi.
notice-title = Boshlashdan oldin
notice-1 = Biz yuzingiz va barmoq izlaringizni olamiz.
notice-2 = Ular politsiya yozuvlaridan qidiriladi.
notice-3 = Ular muhrlangan holda milliy byuroga yuboriladi. Bu qurilma ularni qayta oʻqiy olmaydi.
notice-4 = Kompyuter siz haqingizda qaror qilmaydi. Har bir natijani ikki kishi tekshiradi.
notice-5 = Siz haqingizda nima saqlanishini soʻrashingiz va xatolarni tuzattirishingiz mumkin. Xodimdan soʻrang.
notice-6 = Istalgan vaqtda toʻxtatishingiz mumkin: qizil qoʻlga teging. Shunda hech narsa saqlanmaydi va xodim siz bilan gaplashadi.
enrol-1 = Biz sizni milliy roʻyxatga kiritamiz va undagi odamlar bilan solishtiramiz. Politsiya yozuvlaridan qidirilmaydi.
enrol-2 = Ular muddati tugaguncha oʻsha yerda saqlanadi, keyin oʻchiriladi.
enrol-3 = Kompyuter siz haqingizda qaror qilmaydi. Roʻyxatdagi biror kishi sizga oʻxshasa, odamlar solishtiradi.
notice-part = { $number } / { $total }
notice-accept = Tushundim. Davom etish
notice-refuse = Men buni xohlamayman
face-look = Kameraga qarang
finger-place = { $finger ->
    [1] Oʻng bosh barmogʻingizni oynaga qoʻying
    [2] Oʻng koʻrsatkich barmogʻingizni oynaga qoʻying
    [3] Oʻng oʻrta barmogʻingizni oynaga qoʻying
    [4] Oʻng nomsiz barmogʻingizni oynaga qoʻying
    [5] Oʻng jimjilogʻingizni oynaga qoʻying
    [6] Chap bosh barmogʻingizni oynaga qoʻying
    [7] Chap koʻrsatkich barmogʻingizni oynaga qoʻying
    [8] Chap oʻrta barmogʻingizni oynaga qoʻying
    [9] Chap nomsiz barmogʻingizni oynaga qoʻying
   *[10] Chap jimjilogʻingizni oynaga qoʻying
 }
finger-lift = Barmogʻingizni koʻtaring
finger-reading = Iltimos, biroz kuting
going-on = Hechqisi yoʻq. Davom etamiz.
again = Iltimos, yana bir marta
advice-no-face = Kamera oldida turing
advice-several-faces = Iltimos, bir kishi
advice-too-far = Yaqinroq keling
advice-too-close = Biroz orqaga turing
advice-look-straight = Kameraga toʻgʻri qarang
advice-upright = Boshingizni tik tuting
advice-whole-face = Butun yuzingiz rasmda boʻlguncha siljing
advice-eyes = Koʻzingizni oching
advice-uncover = Iloji boʻlsa, yuzingizni oching
advice-too-dark = Yorugʻlikka qarab turing
advice-glare = Kuchli yorugʻlikdan biroz buriling
advice-even-light = Yuzingizni yorugʻlikka teng tuting
advice-hold-still = Bir lahza qimirlamang
advice-place-finger = Barmogʻingizni oynaga qoʻying
advice-more-finger = Barmogʻingizning koʻproq qismini oynaga qoʻying
advice-middle = Barmogʻingizning oʻrtasini oynaga qoʻying
advice-press-harder = Biroz qattiqroq bosing
advice-dry-finger = Barmogʻingizni quriting va biroz kamroq bosing
advice-finger-still = Barmogʻingizni qimirlatmang
advice-other-finger = Bu barmoq avval qoʻyilgan edi. Koʻrsatilgan barmoqni oynaga qoʻying
advice-same-finger = Avvalgi barmoqning oʻzini oynaga qoʻying
advice-wipe-glass = Oynani quruq mato bilan arting, soʻng barmogʻingizni qoʻying
advice-roll-left = Barmogʻingizni biroz chapga aylantiring
advice-roll-right = Barmogʻingizni biroz oʻngga aylantiring
advice-fingertip = Barmoq uchini biroz koʻproq koʻrsating
advice-forward = Barmogʻingizni biroz oldinroq qoʻying
cannot = Men buni qila olmayman
why = Sababi nima?
why-missing = Bu barmoq yoʻq
why-partly = Uning bir qismi yoʻq
why-bandaged = Bogʻlangan yoki jarohatlangan
why-cannot = Qila olmayman
why-refuses = Xohlamayman
why-no-fingers = Hech bir barmogʻimni bera olmayman
seat-hint = Oʻtirgan holda qolishingiz mumkin. Xodimdan kamerani pasaytirishni soʻrang. Barcha tugmalar endi pastda.
review = Yuboraylikmi?
review-accept = Ha, yuboring
review-again = Yana bir marta
waiting = Rahmat. Iltimos, biroz kuting.
done-thanks = Rahmat. Iltimos, xodimning oldiga boring.
done-kept = Rahmat. Xavfsiz saqlandi va keyinroq tekshiriladi. Iltimos, xodimning oldiga boring.
done-stopped = Toʻxtatildi. Hech narsa saqlanmadi. Iltimos, xodim bilan gaplashing.
done-nothing = Hech narsa yozilmadi va saqlanmadi. Iltimos, xodim bilan gaplashing.
done-enrolled = Rahmat. Siz roʻyxatga olindingiz. Iltimos, xodimning oldiga boring.
done-officer = Rahmat. Xodim buni siz bilan birga koʻrib chiqadi. Iltimos, xodimning oldiga boring.
done-not-enrolled = Sizni roʻyxatga olib boʻlmadi. Iltimos, xodim bilan gaplashing, u nima qilishni biladi.
slip = Buni suratga oling yoki xodimdan chop etishni so‘rang
slip-title = Sizning ma’lumotlaringiz
slip-number = Sizning raqamingiz
slip-keep = Bu raqamni saqlang. U bilan ma’lumotlaringiz haqida so‘rashingiz mumkin.
slip-holder = Ma’lumotlaringiz kimda saqlanadi
slip-ask = Qayerda so‘rash mumkin
slip-ask-officer = Shu postdagi xodimdan so‘rang.
slip-rights = Siz haqingizda nima saqlanishini ko‘rishingiz, xatolarni tuzattirishingiz va o‘chirishni so‘rashingiz mumkin.
slip-authority = Buni kim nazorat qiladi
slip-days = Ko‘pi bilan saqlanadi (kun): { $days }
slip-nothing = Bu qog‘ozda siz yoki natija haqida hech narsa yo‘q.
slip-done = Oldim
fault = Bu qurilma ishlamayapti. Iltimos, xodim bilan gaplashing.
other-screen = { fault }
still-there = Hali ham shu yerdamisiz?
more-time = Ha, menga koʻproq vaqt kerak
seconds = { $count ->
    [one] { $count } soniya
   *[other] { $count } soniya
 }
