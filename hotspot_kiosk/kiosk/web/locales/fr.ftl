# Words of the capture subject's pages. One message, one sound: sounds/fr/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = Français
meta-direction = ltr
meta-locale = fr
meta-review = none

choose-language = Choisissez votre langue
listen = Écouter
listen-all = Écouter les langues
change-language = Langue
stop = Arrêter
help-seat = Je suis assis ou je n’atteins pas
go-on = Continuer
back = Retour
yes = Oui
no = Non
computer-voice = Voix d’ordinateur
wait-officer = Veuillez attendre. Un agent va commencer.
adult = Avez-vous 18 ans ou plus ?
not-adult = Veuillez parler à un agent. Rien n’a été enregistré.
notice-title = Avant de commencer
notice-1 = Nous enregistrons votre visage et vos empreintes.
notice-2 = On les cherche dans les fichiers de la police.
notice-3 = Elles partent scellées au bureau national. Cette machine ne peut plus les relire.
notice-4 = L’ordinateur ne décide pas de vous. Deux personnes vérifient chaque résultat.
notice-5 = Vous pouvez demander ce qui est gardé sur vous et faire corriger les erreurs. Demandez à l’agent.
notice-6 = Vous pouvez arrêter à tout moment : touchez la main rouge. Alors rien n’est gardé et un agent vous parle.
enrol-1 = Nous vous inscrivons au registre national et vous comparons aux personnes inscrites. On ne cherche pas dans les fichiers de la police.
enrol-2 = Elles y restent jusqu’à la fin du délai, puis elles sont effacées.
enrol-3 = L’ordinateur ne décide pas de vous. Si une personne inscrite vous ressemble, des personnes comparent.
notice-part = { $number } sur { $total }
notice-accept = J’ai compris. Continuer
notice-refuse = Je ne veux pas
face-look = Regardez la caméra
finger-place = { $finger ->
    [1] Posez le pouce droit sur la vitre
    [2] Posez l’index droit sur la vitre
    [3] Posez le majeur droit sur la vitre
    [4] Posez l’annulaire droit sur la vitre
    [5] Posez l’auriculaire droit sur la vitre
    [6] Posez le pouce gauche sur la vitre
    [7] Posez l’index gauche sur la vitre
    [8] Posez le majeur gauche sur la vitre
    [9] Posez l’annulaire gauche sur la vitre
   *[10] Posez l’auriculaire gauche sur la vitre
 }
finger-lift = Levez le doigt
finger-reading = Attendez un instant
going-on = Ce n’est pas grave. On continue.
again = Essayez encore une fois
advice-no-face = Placez-vous devant la caméra
advice-several-faces = Une seule personne, s’il vous plaît
advice-too-far = Approchez-vous
advice-too-close = Reculez un peu
advice-look-straight = Regardez droit vers la caméra
advice-upright = Tenez la tête droite
advice-whole-face = Bougez jusqu’à voir tout votre visage
advice-eyes = Ouvrez les yeux
advice-uncover = Découvrez votre visage si vous le pouvez
advice-too-dark = Tournez-vous vers la lumière
advice-glare = Détournez-vous un peu de la lumière vive
advice-even-light = Tournez le visage bien en face de la lumière
advice-hold-still = Restez immobile un instant
advice-place-finger = Posez le doigt sur la vitre
advice-more-finger = Posez une plus grande partie du doigt sur la vitre
advice-middle = Posez le milieu du doigt sur la vitre
advice-press-harder = Appuyez un peu plus
advice-dry-finger = Séchez le doigt et appuyez un peu moins
advice-finger-still = Ne bougez pas le doigt
advice-other-finger = Ce doigt a déjà été posé. Posez le doigt montré sur la vitre
advice-same-finger = Posez sur la vitre le même doigt qu’avant
advice-wipe-glass = Essuyez la vitre avec un chiffon sec, puis posez votre doigt
advice-roll-left = Roulez un peu votre doigt vers la gauche
advice-roll-right = Roulez un peu votre doigt vers la droite
advice-fingertip = Montrez un peu plus le bout du doigt
advice-forward = Avancez un peu votre doigt
cannot = Je ne peux pas
why = Pour quelle raison ?
why-missing = Ce doigt manque
why-partly = Il en manque une partie
why-bandaged = Il est bandé ou blessé
why-cannot = Je ne peux pas
why-refuses = Je ne veux pas
why-no-fingers = Je ne peux donner aucun doigt
seat-hint = Vous pouvez rester assis. Demandez à l’agent de baisser la caméra. Tous les boutons sont en bas maintenant.
review = On envoie ?
review-accept = Oui, envoyer
review-again = Encore une fois
waiting = Merci. Attendez un instant.
done-thanks = Merci. Allez voir l’agent.
done-kept = Merci. C’est gardé en sécurité et sera vérifié plus tard. Allez voir l’agent.
done-stopped = Arrêté. Rien n’a été gardé. Veuillez parler à un agent.
done-nothing = Rien n’a pu être enregistré. Rien n’a été gardé. Veuillez parler à un agent.
done-enrolled = Merci. Vous êtes enregistré. Allez voir l’agent.
done-officer = Merci. Un agent va regarder cela avec vous. Allez voir l’agent.
done-not-enrolled = Vous n’avez pas pu être enregistré. Veuillez parler à un agent, il sait quoi faire.
slip = Prenez ceci en photo ou demandez à l’agent de l’imprimer
slip-title = Vos données
slip-number = Votre numéro
slip-keep = Gardez bien ce numéro. Avec lui, vous pouvez poser des questions sur vos données.
slip-holder = Qui détient vos données
slip-ask = Où demander
slip-ask-officer = Demandez à un agent de ce poste.
slip-rights = Vous pouvez voir ce qui est gardé sur vous, faire corriger les erreurs et demander l’effacement.
slip-authority = Qui contrôle cela
slip-days = Gardé au plus (jours) : { $days }
slip-nothing = Ce papier ne dit rien sur vous ni sur le résultat.
slip-done = Je l’ai
fault = Cette machine est hors service. Veuillez parler à un agent.
other-screen = { fault }
still-there = Êtes-vous encore là ?
more-time = Oui, j’ai besoin de plus de temps
seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } secondes
 }
