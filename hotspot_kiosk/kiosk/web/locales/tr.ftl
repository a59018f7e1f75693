# Words of the capture subject's pages. One message, one sound: sounds/tr/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = Türkçe
meta-direction = ltr
meta-locale = tr
meta-review = none

choose-language = Dilinizi seçin
listen = Dinleyin
listen-all = Dilleri dinleyin
change-language = Dil
stop = Durdur
help-seat = Oturuyorum veya yetişemiyorum
go-on = Devam
back = Geri
yes = Evet
no = Hayır
computer-voice = Bilgisayar sesi
wait-officer = Lütfen bekleyin. Bir görevli başlatacak.
adult = 18 yaşında veya daha büyük müsünüz?
not-adult = Lütfen bir görevliyle konuşun. Hiçbir şey kaydedilmedi.
notice-title = Başlamadan önce
notice-1 = Yüzünüzü ve parmak izlerinizi kaydediyoruz.
notice-2 = Polis kayıtlarında aranırlar.
notice-3 = Mühürlü olarak ulusal büroya gider. Bu makine onları geri okuyamaz.
notice-4 = Bilgisayar hakkınızda karar vermez. Her sonucu iki kişi kontrol eder.
notice-5 = Hakkınızda ne tutulduğunu sorabilir, yanlışların düzeltilmesini isteyebilirsiniz. Görevliye sorun.
notice-6 = İstediğiniz zaman durabilirsiniz: kırmızı ele dokunun. O zaman hiçbir şey saklanmaz ve bir görevli sizinle konuşur.
enrol-1 = Sizi ulusal kayda alıyor ve kayıtlı kişilerle karşılaştırıyoruz. Polis kayıtlarında arama yapılmaz.
enrol-2 = Süreleri dolana kadar orada kalır, sonra silinir.
enrol-3 = Bilgisayar hakkınızda karar vermez. Kayıtlı biri size benziyorsa insanlar karşılaştırır.
notice-part = { $number } / { $total }
notice-accept = Anladım. Devam
notice-refuse = Bunu istemiyorum
face-look = Kameraya bakın
finger-place = { $finger ->
    [1] Sağ başparmağınızı cama koyun
    [2] Sağ işaret parmağınızı cama koyun
    [3] Sağ orta parmağınızı cama koyun
    [4] Sağ yüzük parmağınızı cama koyun
    [5] Sağ serçe parmağınızı cama koyun
    [6] Sol başparmağınızı cama koyun
    [7] Sol işaret parmağınızı cama koyun
    [8] Sol orta parmağınızı cama koyun
    [9] Sol yüzük parmağınızı cama koyun
   *[10] Sol serçe parmağınızı cama koyun
 }
finger-lift = Parmağınızı kaldırın
finger-reading = Lütfen biraz bekleyin
going-on = Sorun değil. Devam ediyoruz.
again = Lütfen bir kez daha deneyin
advice-no-face = Kameranın önüne geçin
advice-several-faces = Lütfen tek kişi
advice-too-far = Yaklaşın
advice-too-close = Biraz geri gidin
advice-look-straight = Kameraya düz bakın
advice-upright = Başınızı dik tutun
advice-whole-face = Yüzünüzün tamamı görünene kadar hareket edin
advice-eyes = Gözlerinizi açın
advice-uncover = Mümkünse yüzünüzü açın
advice-too-dark = Işığa doğru dönün
advice-glare = Parlak ışıktan biraz uzağa dönün
advice-even-light = Yüzünüzü ışığa eşit tutun
advice-hold-still = Bir an kıpırdamayın
advice-place-finger = Parmağınızı cama koyun
advice-more-finger = Parmağınızın daha büyük kısmını cama koyun
advice-middle = Parmağınızın ortasını cama koyun
advice-press-harder = Biraz daha bastırın
advice-dry-finger = Parmağınızı kurulayın ve biraz daha az bastırın
advice-finger-still = Parmağınızı kıpırdatmayın
advice-other-finger = Bu parmak daha önce verildi. Gösterilen parmağı cama koyun
advice-same-finger = Önceki parmağın aynısını cama koyun
advice-wipe-glass = Camı kuru bir bezle silin, sonra parmağınızı koyun
advice-roll-left = Parmağınızı biraz sola çevirin
advice-roll-right = Parmağınızı biraz sağa çevirin
advice-fingertip = Parmağınızın ucunu biraz daha gösterin
advice-forward = Parmağınızı biraz daha ileri koyun
cannot = Bunu yapamıyorum
why = Nedeni nedir?
why-missing = Bu parmak yok
why-partly = Bir parçası yok
why-bandaged = Sargılı veya yaralı
why-cannot = Yapamıyorum
why-refuses = İstemiyorum
why-no-fingers = Hiçbir parmağımı veremem
seat-hint = Oturabilirsiniz. Görevliden kamerayı indirmesini isteyin. Tüm düğmeler şimdi altta.
review = Gönderelim mi?
review-accept = Evet, gönderin
review-again = Bir kez daha
waiting = Teşekkürler. Lütfen biraz bekleyin.
done-thanks = Teşekkürler. Lütfen görevliye gidin.
done-kept = Teşekkürler. Güvenle saklandı, sonra kontrol edilecek. Lütfen görevliye gidin.
done-stopped = Durduruldu. Hiçbir şey saklanmadı. Lütfen bir görevliyle konuşun.
done-nothing = Hiçbir şey kaydedilemedi, hiçbir şey saklanmadı. Lütfen bir görevliyle konuşun.
done-enrolled = Teşekkürler. Kaydınız yapıldı. Lütfen görevliye gidin.
done-officer = Teşekkürler. Bir görevli sizinle birlikte bakacak. Lütfen görevliye gidin.
done-not-enrolled = Kaydınız yapılamadı. Lütfen bir görevliyle konuşun, ne yapılacağını bilir.
slip = Bunun fotoğrafını çekin veya görevliden yazdırmasını isteyin
slip-title = Verileriniz
slip-number = Numaranız
slip-keep = Bu numarayı saklayın. Onunla verileriniz hakkında soru sorabilirsiniz.
slip-holder = Verilerinizi kim tutuyor
slip-ask = Nereye sorulur
slip-ask-officer = Bu noktadaki bir görevliye sorun.
slip-rights = Hakkınızda ne tutulduğunu görebilir, yanlışları düzelttirebilir ve silinmesini isteyebilirsiniz.
slip-authority = Bunu kim denetliyor
slip-days = En fazla saklanır (gün): { $days }
slip-nothing = Bu kâğıt sizin ya da sonuç hakkında hiçbir şey söylemez.
slip-done = Aldım
fault = Bu makine çalışmıyor. Lütfen bir görevliyle konuşun.
other-screen = { fault }
still-there = Hâlâ burada mısınız?
more-time = Evet, daha fazla zamana ihtiyacım var
seconds = { $count ->
    [one] { $count } saniye
   *[other] { $count } saniye
 }
