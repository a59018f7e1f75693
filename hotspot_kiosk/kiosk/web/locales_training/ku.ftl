# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = Kurdî (Kurmancî)
meta-direction = ltr
meta-locale = ku
meta-review = none

training = PERWERDE
training-how = Li vir tiştek rast nîne. Tu kesekî rastîn nayê kontrolkirin.
lessons = Ders
lesson-end = Vê dersê biqedîne
lessons-how = Dersekê hilbijêre. Paşê li maseyê wek bi kesekî rastîn re bixebite.
lessons-kept = Ji awayê ku te ev ders kir tiştek nayê parastin.
lesson-none = Hêj tu ders dest pê nekiriye.
step-done = qediya:

lesson-wet-finger = Tiliya şil
lesson-wet-finger-about = Baran dibare. Tiliya kesî şil e.
lesson-wet-finger-1 = Li maseyê kontrolê bide destpêkirin û agahdariyê nîşan bide.
lesson-wet-finger-2 = Rûpel dibêje çima tilî nayê pejirandin. Ji kesî re bibêje çi bike.
lesson-wet-finger-3 = Li bendê be heta ku tilî were girtin.
lesson-wet-finger-4 = Bersivê bixwîne.
lesson-wet-finger-learned = Tiliya hişk çend saniyeyan digire û lêgerîneke baştir dide. Ya xirab tenê wê gavê bigire ku kes nikaribe ya baştir bide.

lesson-two-faces = Du rû
lesson-two-faces-about = Kesek li ser milê kesî re dinêre.
lesson-two-faces-1 = Li maseyê kontrolê bide destpêkirin û agahdariyê nîşan bide.
lesson-two-faces-2 = Kamera du rûyan dibîne. Bixwaze ku her car kesek tenê be.
lesson-two-faces-3 = Li bendê be heta ku rû û tilî werin girtin.
lesson-two-faces-4 = Bersivê bixwîne.
lesson-two-faces-learned = Tenê kesê ku agahdarî jê re hatiye nîşandan dikare di wêneyê de be.

lesson-link-down = Girêdan qut e
lesson-link-down-about = Girêdana bi buroyê re tune.
lesson-link-down-1 = Li jor bibîne ku girêdan qut e. Dîsa jî kontrolê bide destpêkirin.
lesson-link-down-2 = Li bendê be heta ku tomar were parastin.
lesson-link-down-3 = Ji kesî re bibêje ku kontrol paşê tê kirin.
lesson-link-down-4 = Girêdan vedigere. Li benda bersivê be û wê bixwîne.
lesson-link-down-learned = Bê girêdan tiştek winda nabe û tiştek nayê zanîn. Kontrola bê bersiv ne guman e.

lesson-hit = Lihevhatina gengaz
lesson-hit-about = Navenda perwerdeyê kesekî nas dike ku dişibe vî kesî.
lesson-hit-1 = Li maseyê kontrolê bide destpêkirin û agahdariyê nîşan bide.
lesson-hit-2 = Li benda bersivê be: lihevhatina gengaz, kontrol bike.
lesson-hit-3 = Bersivê veke, her du rûyan nîşan bide, bide ber hev, û bibêje te çi dît û çima.
lesson-hit-4 = Kesê duyem li buroyê bi xwe dide ber hev.
lesson-hit-learned = Makîne şibandinekê dibîne. Du kes biryar didin, her yek bi çavên xwe. Heta wê gavê kes bi tu tiştî nayê tawanbarkirin.

lesson-minor = Kesekî ciwan
lesson-minor-about = Kes dibêje ku 17 salî ye.
lesson-minor-1 = Li maseyê bibêje ku dibe ku ew ji 18 salî biçûktir be.
lesson-minor-learned = Ji kesê ku dibe ji 18 salî biçûktir be tu biyometrî nayê girtin. Gazî karmendê zarokan bike.

lesson-refusal = Redkirin
lesson-refusal-about = Dema agahdarî tê nîşandan kes dibêje: ez vê naxwazim.
lesson-refusal-1 = Li maseyê kontrolê bide destpêkirin.
lesson-refusal-2 = Kes red dike. Kontrolê rawestîne.
lesson-refusal-learned = Tiştek nehat parastin. Tiştê ku piştî redkirinê tê di qanûna operasyonê de ye, qet ne di makîneyê de.

say-dry = Ji kerema xwe tiliya xwe hişk bike
say-one-person = Ji kerema xwe her car kesek
say-later = Bersiv paşê tê. Tu bi tu tiştî nayê tawanbarkirin.
say-wait = Ji kerema xwe hinekî li vir bisekine. Du kes lê dinêrin.

aside-overruled = Te tiştê ku makîneyê nepejirand girt. Ew bi sedemekê destûrkirî ye; pêşî biceribîne ka dikare baştir be.
aside-stopped = Kontrolek hat rawestandin. Jê tiştek nehat parastin. Ji nû ve dest pê bike.
aside-refuted = Te got: kesekî din. Li vir heman kes bû. Ji ber vê du kes lê dinêrin.
aside-begun = Kontrolek dest pê kir. Wê rawestîne: ji kesê ku dibe ji 18 salî biçûktir be biyometrî nayê girtin.
aside-captured = Kesekî ku red kiribû hat tomarkirin. Gava ku ew wisa bibêje tavilê rawestîne.
