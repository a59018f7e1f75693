# Words of the capture subject's pages. One message, one sound: sounds/ku/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = Kurdî (Kurmancî)
meta-direction = ltr
meta-locale = ku
meta-review = none

choose-language = Zimanê xwe hilbijêre
listen = Guhdarî bike
listen-all = Zimanan bibihîze
change-language = Ziman
stop = Raweste
help-seat = Ez rûniştî me an destê min nagihîje
go-on = Berdewam
back = Paş
yes = Erê
no = Na
computer-voice = Dengê kompîturê
wait-officer = Ji kerema xwe bisekine. Efserek dê dest pê bike.
adult = Tu 18 salî yan mezintir î?
not-adult = Ji kerema xwe bi efserekî re biaxive. Tiştek nehat tomarkirin.
notice-title = Berî destpêkê
notice-1 = Em rûyê te û şopa tiliyên te digirin.
notice-2 = Di tomarên polîsan de li wan tê gerîn.
notice-3 = Ew mohrkirî ji buroya neteweyî re tên şandin. Ev makîne êdî nikare wan bixwîne.
notice-4 = Kompîtur li ser te biryarê nade. Du kes her encamê kontrol dikin.
notice-5 = Tu dikarî bipirsî çi li ser te tê parastin û sererastkirinê bixwazî. Ji efser bipirse.
notice-6 = Tu her dem dikarî rawestî: dest bide destê sor. Wê demê tiştek nayê parastin û efserek bi te re diaxive.
enrol-1 = Em te di tomara neteweyî de tomar dikin û bi kesên tomarkirî re didin ber hev. Di tomarên polîsan de lê nayê gerîn.
enrol-2 = Ew li wir dimînin heta dema wan diqede, paşê tên jêbirin.
enrol-3 = Kompîtur li ser te biryarê nade. Heke kesekî tomarkirî bişibe te, mirov didin ber hev.
notice-part = { $number } ji { $total }
notice-accept = Min fêm kir. Berdewam
notice-refuse = Ez vê naxwazim
face-look = Li kamerayê binêre
finger-place = { $finger ->
    [1] Tiliya xwe ya mezin a rastê deyne ser camê
    [2] Tiliya xwe ya nîşandanê ya rastê deyne ser camê
    [3] Tiliya xwe ya navîn a rastê deyne ser camê
    [4] Tiliya xwe ya gustîlê ya rastê deyne ser camê
    [5] Tiliya xwe ya biçûk a rastê deyne ser camê
    [6] Tiliya xwe ya mezin a çepê deyne ser camê
    [7] Tiliya xwe ya nîşandanê ya çepê deyne ser camê
    [8] Tiliya xwe ya navîn a çepê deyne ser camê
    [9] Tiliya xwe ya gustîlê ya çepê deyne ser camê
   *[10] Tiliya xwe ya biçûk a çepê deyne ser camê
 }
finger-lift = Tiliya xwe rake
finger-reading = Ji kerema xwe hinekî bisekine
going-on = Xem nake. Em berdewam dikin.
again = Ji kerema xwe careke din
advice-no-face = Li pêş kamerayê raweste
advice-several-faces = Ji kerema xwe yek kes
advice-too-far = Nêzîktir were
advice-too-close = Hinekî paş ve here
advice-look-straight = Rast li kamerayê binêre
advice-upright = Serê xwe rast bigire
advice-whole-face = Bilive heta hemû rûyê te di wêneyê de be
advice-eyes = Çavên xwe veke
advice-uncover = Eger tu dikarî rûyê xwe veke
advice-too-dark = Berê xwe bide ronahiyê
advice-glare = Hinekî ji ronahiya geş bizivire
advice-even-light = Rûyê xwe wekhev bide ronahiyê
advice-hold-still = Kêliyekê nelive
advice-place-finger = Tiliya xwe deyne ser camê
advice-more-finger = Zêdetir ji tiliya xwe deyne ser camê
advice-middle = Nîveka tiliya xwe deyne ser camê
advice-press-harder = Hinekî zêdetir bipelixîne
advice-dry-finger = Tiliya xwe ziwa bike û hinekî kêmtir bipelixîne
advice-finger-still = Tiliya xwe nelivîne
advice-other-finger = Ev tilî berê hatibû danîn. Tiliya ku tê nîşandan deynin ser camê
advice-same-finger = Heman tiliya berê deynin ser camê
advice-wipe-glass = Camê bi potekî hişk paqij bikin, paşê tiliya xwe deynin ser
advice-roll-left = Tiliya xwe hinekî ber bi çepê ve bizivirînin
advice-roll-right = Tiliya xwe hinekî ber bi rastê ve bizivirînin
advice-fingertip = Serê tiliya xwe hinekî bêtir nîşan bidin
advice-forward = Tiliya xwe hinekî pêşve bibin
cannot = Ez nikarim vê bikim
why = Sedem çi ye?
why-missing = Ev tilî tune ye
why-partly = Parçeyek jê kêm e
why-bandaged = Pêçayî an birîndar e
why-cannot = Ez nikarim
why-refuses = Ez naxwazim
why-no-fingers = Ez nikarim tu tiliyê bidim
seat-hint = Tu dikarî rûniştî bimînî. Ji efser bixwaze kamerayê dake. Hemû bişkok niha li jêr in.
review = Em bişînin?
review-accept = Erê, bişîne
review-again = Careke din
waiting = Spas. Ji kerema xwe hinekî bisekine.
done-thanks = Spas. Ji kerema xwe here cem efser.
done-kept = Spas. Bi ewlehî hat parastin û paşê tê kontrolkirin. Ji kerema xwe here cem efser.
done-stopped = Rawestiya. Tiştek nehat parastin. Ji kerema xwe bi efserekî re biaxive.
done-nothing = Tiştek nehat tomarkirin û parastin. Ji kerema xwe bi efserekî re biaxive.
done-enrolled = Spas. Tu hatî tomarkirin. Ji kerema xwe here cem efser.
done-officer = Spas. Efserek dê bi te re lê binêre. Ji kerema xwe here cem efser.
done-not-enrolled = Tu nehatî tomarkirin. Ji kerema xwe bi efserekî re biaxive, ew dizane çi bike.
slip = Wêneyê vê bikişîne, an ji efser bixwaze ku çap bike
slip-title = Daneyên te
slip-number = Hejmara te
slip-keep = Vê hejmarê biparêze. Bi wê tu dikarî li ser daneyên xwe bipirsî.
slip-holder = Kî daneyên te digire
slip-ask = Li ku bipirse
slip-ask-officer = Ji efserekî vê postê bipirse.
slip-rights = Tu dikarî bibînî çi li ser te hatiye girtin, xeletiyan bidî rastkirin, û bixwazî ku bê jêbirin.
slip-authority = Kî vê çavdêrî dike
slip-days = Herî zêde tê girtin (roj): { $days }
slip-nothing = Ev kaxez tiştekî li ser te an encamê nabêje.
slip-done = Min girt
fault = Ev makîne naxebite. Ji kerema xwe bi efserekî re biaxive.
other-screen = { fault }
still-there = Tu hê li vir î?
more-time = Erê, dema zêdetir ji min re lazim e
seconds = { $count ->
    [one] { $count } saniye
   *[other] { $count } saniye
 }
