# Words of the capture subject's pages. One message, one sound: sounds/en/<id>.opus
# review: who checked this translation with native speakers, and when; "none" until then.
meta-name = English
meta-direction = ltr
meta-locale = en
meta-review = none

choose-language = Choose your language
listen = Listen
listen-all = Hear the languages
change-language = Language
stop = Stop
help-seat = I am sitting or I cannot reach
go-on = Go on
back = Back
yes = Yes
no = No
computer-voice = Computer voice

wait-officer = Please wait. An officer will start.
adult = Are you 18 or older?
not-adult = Please speak with an officer. Nothing was recorded.

notice-title = Before we begin
notice-1 = We record your face and your fingerprints.
notice-2 = They are searched for in police records.
notice-3 = They go to the national bureau in a sealed form. This machine cannot read them back.
notice-4 = The computer does not decide about you. Two people check every result.
notice-5 = You may ask what is kept about you and have mistakes corrected. Ask the officer.
notice-6 = You may stop at any time: touch the red hand. Then nothing is kept, and an officer speaks with you.
enrol-1 = We enrol you in the national register and compare you with the people in it. Police records are not searched.
enrol-2 = They stay there until their time is over; then they are erased.
enrol-3 = The computer does not decide about you. If somebody enrolled looks like you, people compare.
notice-part = { $number } of { $total }
notice-accept = I have understood. Go on
notice-refuse = I do not want this

face-look = Look at the camera
finger-place = { $finger ->
    [1] Put your right thumb on the glass
    [2] Put your right index finger on the glass
    [3] Put your right middle finger on the glass
    [4] Put your right ring finger on the glass
    [5] Put your right little finger on the glass
    [6] Put your left thumb on the glass
    [7] Put your left index finger on the glass
    [8] Put your left middle finger on the glass
    [9] Put your left ring finger on the glass
   *[10] Put your left little finger on the glass
 }
finger-lift = Lift your finger
finger-reading = Please wait a moment
going-on = That is all right. We go on.
again = Please try once more

advice-no-face = Step in front of the camera
advice-several-faces = One person at a time, please
advice-too-far = Come closer
advice-too-close = Step back a little
advice-look-straight = Look straight at the camera
advice-upright = Hold your head upright
advice-whole-face = Move until your whole face is in the picture
advice-eyes = Open your eyes
advice-uncover = Please uncover your face if you can
advice-too-dark = Turn towards the light
advice-glare = Turn away from the bright light a little
advice-even-light = Turn your face evenly towards the light
advice-hold-still = Hold still for a moment
advice-place-finger = Put your finger on the glass
advice-more-finger = Put more of the finger on the glass
advice-middle = Put the middle of the finger on the glass
advice-press-harder = Press a little harder
advice-dry-finger = Dry your finger and press a little less
advice-finger-still = Hold your finger still
advice-other-finger = This finger was here before. Put the finger shown on the glass
advice-same-finger = Put the same finger on the glass as before
advice-wipe-glass = Wipe the glass with a dry cloth, then put your finger on it
advice-roll-left = Roll your finger a little to the left
advice-roll-right = Roll your finger a little to the right
advice-fingertip = Show a little more of your fingertip
advice-forward = Put your finger a little further forward

cannot = I cannot do this
why = What is the reason?
why-missing = This finger is missing
why-partly = A part of it is missing
why-bandaged = It is bandaged or hurt
why-cannot = I cannot
why-refuses = I do not want to
why-no-fingers = I can give no finger
seat-hint = You may stay seated. Ask the officer to lower the camera. All buttons are at the bottom now.

review = Shall we send it?
review-accept = Yes, send it
review-again = Once more
waiting = Thank you. Please wait a moment.
done-thanks = Thank you. Please go to the officer.
done-kept = Thank you. It is kept safely and will be checked later. Please go to the officer.
done-stopped = Stopped. Nothing was kept. Please speak with an officer.
done-nothing = Nothing could be recorded. Nothing was kept. Please speak with an officer.
done-enrolled = Thank you. You are registered. Please go to the officer.
done-officer = Thank you. An officer will look at it with you. Please go to the officer.
done-not-enrolled = You could not be registered. Please speak with an officer, who knows what to do.
slip = Take a picture of this, or ask the officer to print it
slip-title = Your data
slip-number = Your number
slip-keep = Keep this number safe. With it you can ask about your data.
slip-holder = Who holds your data
slip-ask = Where to ask
slip-ask-officer = Ask an officer at this post.
slip-rights = You may see what is kept about you, have mistakes corrected, and ask to have it erased.
slip-authority = Who supervises this
slip-days = Kept at most (days): { $days }
slip-nothing = This paper says nothing about you or about the result.
slip-done = I have it
fault = This machine is out of order. Please speak with an officer.
other-screen = This kiosk is already open on another screen. Please speak with an officer.
still-there = Are you still there?
more-time = Yes, I need more time
seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
 }
