# The mark of training on every page, and the lessons' words. They are read, never spoken: no sounds.
# review: who checked this translation with native speakers, and when; "none" until then.
meta-name = English
meta-direction = ltr
meta-locale = en
meta-review = none

training = TRAINING
training-how = Nothing here is real. No real person is checked.

lessons = Lessons
lessons-how = Choose a lesson. Then work at the desk as you would with a real person.
lessons-kept = Nothing is kept of how you did this lesson.
lesson-none = No lesson has begun.
lesson-end = End this lesson
step-done = done:

lesson-wet-finger = Wet finger
lesson-wet-finger-about = It rains. The person’s finger is wet.
lesson-wet-finger-1 = Begin the check at the desk and show the notice.
lesson-wet-finger-2 = The page says why the finger is refused. Tell the person what to do.
lesson-wet-finger-3 = Wait until the finger is taken.
lesson-wet-finger-4 = Read the answer.
lesson-wet-finger-learned = A dry finger takes seconds and gives a better search. Take a poor one only if the person cannot give a better one.

lesson-two-faces = Two faces
lesson-two-faces-about = Somebody looks over the person’s shoulder.
lesson-two-faces-1 = Begin the check at the desk and show the notice.
lesson-two-faces-2 = The camera sees two faces. Ask for one person at a time.
lesson-two-faces-3 = Wait until face and finger are taken.
lesson-two-faces-4 = Read the answer.
lesson-two-faces-learned = Only the person who was shown the notice may be in the picture.

lesson-link-down = Link down
lesson-link-down-about = There is no link to the bureau.
lesson-link-down-1 = See at the top that the link is down. Begin the check all the same.
lesson-link-down-2 = Wait until the record is kept.
lesson-link-down-3 = Tell the person that the check comes later.
lesson-link-down-4 = The link returns. Wait for the answer and read it.
lesson-link-down-learned = Without a link nothing is lost and nothing is known. A check without an answer is no suspicion.

lesson-hit = Possible match
lesson-hit-about = The training hub knows somebody who looks like this person.
lesson-hit-1 = Begin the check at the desk and show the notice.
lesson-hit-2 = Wait for the answer: possible match, verify.
lesson-hit-3 = Open the answer, show both faces, compare, and say what you found and why.
lesson-hit-4 = A second person at the bureau compares for themselves.
lesson-hit-learned = The machine finds a likeness. Two people decide, each with their own eyes. Until then the person is not accused of anything.

lesson-minor = A young person
lesson-minor-about = The person says that they are 17.
lesson-minor-1 = Say at the desk that they may be under 18.
lesson-minor-learned = No biometrics of anybody who may be under 18. Call a child officer.

lesson-refusal = Refusal
lesson-refusal-about = When the notice is shown the person says: I do not want this.
lesson-refusal-1 = Begin the check at the desk.
lesson-refusal-2 = The person refuses. Stop the check.
lesson-refusal-learned = Nothing was kept. What follows a refusal stands in the operation’s law, never in the machine.

say-dry = Please dry your finger
say-one-person = One person at a time, please
say-later = The answer comes later. You are not accused of anything.
say-wait = Please wait here a moment. Two people look at it.

aside-overruled = You took what the machine refused. That is allowed with a reason; first try whether it can be better.
aside-stopped = A check was stopped. Nothing of it was kept. Begin again.
aside-refuted = You said: another person. Here it was the same one. That is why two people look.
aside-begun = A check was begun. Stop it: no biometrics of anybody who may be under 18.
aside-captured = Somebody who refused was captured. Stop as soon as they say so.
