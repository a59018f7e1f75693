# Words of the officers' pages. They are read, never spoken: no sounds.
# review: who checked this translation with native speakers, and when; "none" until then.
meta-name = English
meta-direction = ltr
meta-locale = en
meta-review = none

title = Officers
language = Language
choose = Choose
unreviewed = No native speaker has checked these words yet.
back = Back

sign-in = Sign in
ended = Your sign-in ended. Sign in again.
no-roster = No roster of officers is installed here. Ask the bureau for one.
your-id = Your id
use-key = Use my security key
touch-key = Touch your security key now.
or-pin = or
pin = PIN
delete = Delete
enter = Enter
register-key = Register a new security key
register-how = The key is made here; it opens nothing until the bureau has put its public half on the roster.
make-key = Make a key
to-screen = Back to the screen for people
public-half = Public half, for the bureau
sign-out = Sign out
ending = { $count ->
    [one] You will be signed out in { $count } second.
   *[other] You will be signed out in { $count } seconds.
 }
still-here = I am here

nav-desk = Desk
nav-answers = Answers
nav-queue = Queue
nav-operation = Operation
nav-health = Health

link-up = Link up
link-down = Link down
link-up-since = Link up for { $span }
link-down-since = Link down for { $span }
queue-waiting = { $count ->
    [0] nothing waiting
   *[other] { $count } waiting
 }
queue-unknown = how many wait cannot be read
queue-estimate = about { $span } to send at the measured speed
queue-oldest = the oldest for { $span }
span-seconds = { $count } s
span-minutes = { $count } min
span-hours = { $count } h
span-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
 }

state-idle = Ready for the next person
state-notice = The notice is being shown
state-face = Face
state-fingers = Fingers
state-review = Review
state-waiting = Sent; waiting for the answer
state-done = Done
state-fault = Out of order
faults = Not working:
second-look = This person may be younger than 18. Look again. The machine only asks; you decide.
referred = Refer to an officer: without a link, this face resembles one on the watchlist. That is no finding. Compare yourself; the bureau looks again when there is a link.
is-adult = I looked again: an adult
may-be-minor = May be under 18: no biometrics
look-yourself = Please look whether a face is before the camera, not a picture of one. A hint, never a finding: nobody has measured it on real attacks.
no-profile = The portrait claims no acquisition profile:
slip = Slip for this person
slip-how = In the person’s language, as it stands on their screen. Print it, or let them photograph it.
no-slip = There is no slip now: nobody was captured, or they have left.
quality = Quality
what = What
score = Score
why = Why
of-hundred = { $score } (at least { $least })
taken = taken
part-face = Face
part-right-thumb = Right thumb
part-right-index = Right index finger
part-right-middle = Right middle finger
part-right-ring = Right ring finger
part-right-little = Right little finger
part-left-thumb = Left thumb
part-left-index = Left index finger
part-left-middle = Left middle finger
part-left-ring = Left ring finger
part-left-little = Left little finger
notice-read = The notice was shown to its end
accept = Send it
retake = Capture again
more-time = More time
stop = Stop
cannot-give = Cannot be given
without-missing = Missing
without-partly = Part of it is missing: take what is there
without-bandaged = Bandaged or hurt
without-cannot = Cannot
without-refuses = Does not want to
no-finger = No finger at all
overrule = Take what the machine refused
overrule-how = { $part }: the best of what was refused. Your reason goes into the journal and travels with the record.
take-it = Take it
reason = Reason
reason-scar = Scar or injury
reason-worn = Worn skin
reason-light = The light here cannot be better
reason-best = The best that this person can give
begin = Begin a check
attest-adult = I attest that this person is 18 or older
hand-over = Let people begin by themselves
hand-over-people = How many adults stand before you?
attest-adults = I have seen each of them and attest that they are 18 or older
handed = May still begin by themselves: { $people }
take-back = Close self-service
origins = Claimed or known countries of origin (three letters each)
protection = This person seeks protection
no-operation = No operation is installed. Nobody may be checked; ask the bureau.

answers-how = A possible match is a question, not an answer. Compare the pictures yourself before you say anything.
no-answers = No answers yet.
record = Record
answer = Answer
when = When
found = Said here
decision-possible = Possible match, verify
decision-no-hit = No hit
decision-undecided = Undecided
decision-pending = No answer yet
alert-from = Checked at
last-seen = Last seen at
counts-until = Counts until
edition = edition { $number }
not-guilty = A likeness is no proof and no accusation. Compare the pictures and the papers.
people-needed = { $count ->
    [one] One person decides here, because the operation names a law that allows it.
   *[other] { $count } different people must each look for themselves.
 }
score-untold = The partner told no score.
score-likelier = so much likeness is about { $times } times likelier of one person than of two
score-weak = hardly likelier of one person than of two
placed-by = Placed by
pictures-how = No picture comes to this page: no law that lets it is named for this operation, or you have said what you found. At the bureau the pictures are with the case:
pictures-show = Show both faces
pictures-asked = Asked of the hub. Over a thin link this takes up to a minute, and people who wait come first.
pictures-theirs = The reference
pictures-ours = The person who was here
pictures-no-theirs = no picture of the reference is kept
pictures-no-ours = the hub does not have this person’s picture yet
pictures-forget = They are in memory only. They go when you have said what you found, when you sign out, or after five minutes.
found-confirm = same person
found-refute = another person
found-of = { $count } of { $needed }
told-hub = the hub has it
not-told-hub = goes to the hub with the next link
said-already = You have said what you found. Another person must look now.
compared = What did you compare, and what did you see?
saw-same = Face and papers agree
saw-other = Face and papers do not agree
same-person = Same person
other-person = Another person
second-person = The second person looks at the bureau, with their own key, or at another kiosk: one kiosk counts once.

size = Size
kilobytes = { $count } kB
quarantined = Needs a look:
stuck-damaged = Its sealed bytes were damaged on this kiosk’s disk.
stuck-unreadable = Its sealed bytes could not be read from the damaged disk.
stuck-given-up = The hub took others, but not this one.
stuck-another = The hub holds another record of this number.
stuck-unverified = The hub could not verify it.
remedy-requeue = When the hub is in order again, send it once more.
remedy-erase = It cannot be sent any more. Tell the bureau its number, then erase it.
remedy-either = Ask the bureau. Send it again once that is put right; otherwise erase it.
requeue = Send again
erase = Erase
reason-hub = The hub is in order again
reason-told = The bureau knows and agrees
call-supervisor = Call a supervisor: only they may decide about it.

op-id = Number
op-purpose = Purpose
op-law = Legal basis
op-time = Time
op-lanes = Where records may go
op-fingers = Fingers
op-people = Confirmation
lane-local = the bureau’s own search
lane-interpol = INTERPOL
lane-national = the national gallery
today = Today at this kiosk
today-checked = Checked
today-answered = Answered
today-possible = Possible matches
today-minors = Sent on as possible minors, since this kiosk was set up
days = Days before
days-how = As far as records are kept here. A count below { $count }, or one that would tell it, is not shown.
day = Day
too-few = too few to tell
no-days = None is kept here.
kiosk-clock = The kiosk’s clock:
clock-doubt = it cannot be trusted now

findings = What was found
findings-count = { $count } looked at, { $bad } to look after
verdict = Verdict
measured = Measured, and expected
remedy = What to do
look-again = Look again
support = Support bundle
support-how = A file for whoever helps: findings, versions, counters, settings, log lines. No key, record, picture or name is in it.
support-make = Make the bundle
log = Newest log lines
log-how = Words that the software itself does not know are left out, so that no name can be among them.
log-empty = Nothing was logged yet.
findings-old = Open this page again to look.
call-maintainer = Only who is signed in as maintainer sees this.
