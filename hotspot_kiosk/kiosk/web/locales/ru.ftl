# Words of the capture subject's pages. One message, one sound: sounds/ru/<id>.opus
# Not reviewed: made by a machine, to be checked by native speakers before people depend on it. Then
# meta-review says by whom and when.
meta-name = Русский
meta-direction = ltr
meta-locale = ru
meta-review = none

choose-language = Выберите язык
listen = Слушать
listen-all = Прослушать языки
change-language = Язык
stop = Стоп
help-seat = Я сижу или не могу дотянуться
go-on = Дальше
back = Назад
yes = Да
no = Нет
computer-voice = Голос компьютера
wait-officer = Пожалуйста, подождите. Сотрудник начнёт.
adult = Вам 18 лет или больше?
not-adult = Пожалуйста, обратитесь к сотруднику. Ничего не записано.
notice-title = Прежде чем начать
notice-1 = Мы снимаем ваше лицо и отпечатки пальцев.
notice-2 = Их ищут в записях полиции.
notice-3 = Они отправляются в национальное бюро запечатанными. Эта машина не может прочитать их снова.
notice-4 = Компьютер не решает о вас. Каждый результат проверяют два человека.
notice-5 = Вы можете спросить, что о вас хранится, и попросить исправить ошибки. Спросите сотрудника.
notice-6 = Вы можете остановиться в любой момент: коснитесь красной руки. Тогда ничего не сохранится, и сотрудник поговорит с вами.
notice-part = { $number } из { $total }
notice-accept = Мне понятно. Дальше
notice-refuse = Я этого не хочу
face-look = Посмотрите в камеру
finger-place = { $finger ->
    [1] Приложите правый большой палец к стеклу
    [2] Приложите правый указательный палец к стеклу
    [3] Приложите правый средний палец к стеклу
    [4] Приложите правый безымянный палец к стеклу
    [5] Приложите правый мизинец к стеклу
    [6] Приложите левый большой палец к стеклу
    [7] Приложите левый указательный палец к стеклу
    [8] Приложите левый средний палец к стеклу
    [9] Приложите левый безымянный палец к стеклу
   *[10] Приложите левый мизинец к стеклу
 }
finger-lift = Поднимите палец
finger-reading = Подождите немного
going-on = Ничего страшного. Продолжаем.
again = Попробуйте ещё раз
advice-no-face = Встаньте перед камерой
advice-several-faces = Пожалуйста, по одному
advice-too-far = Подойдите ближе
advice-too-close = Отойдите немного назад
advice-look-straight = Смотрите прямо в камеру
advice-upright = Держите голову прямо
advice-whole-face = Встаньте так, чтобы всё лицо было в кадре
advice-eyes = Откройте глаза
advice-uncover = Откройте лицо, если можете
advice-too-dark = Повернитесь к свету
advice-glare = Немного отвернитесь от яркого света
advice-even-light = Поверните лицо к свету ровно
advice-hold-still = Не двигайтесь секунду
advice-place-finger = Приложите палец к стеклу
advice-more-finger = Приложите большую часть пальца к стеклу
advice-middle = Приложите середину пальца к стеклу
advice-press-harder = Нажмите чуть сильнее
advice-dry-finger = Вытрите палец и нажмите чуть слабее
advice-finger-still = Не двигайте палец
cannot = Я не могу это сделать
why = В чём причина?
why-missing = Этого пальца нет
why-bandaged = Он забинтован или болит
why-cannot = Я не могу
why-refuses = Я не хочу
why-no-fingers = Я не могу дать ни одного пальца
seat-hint = Вы можете сидеть. Попросите сотрудника опустить камеру. Все кнопки теперь внизу.
review = Отправить?
review-accept = Да, отправить
review-again = Ещё раз
waiting = Спасибо. Подождите немного.
done-thanks = Спасибо. Пройдите к сотруднику.
done-kept = Спасибо. Данные надёжно сохранены и будут проверены позже. Пройдите к сотруднику.
done-stopped = Остановлено. Ничего не сохранено. Обратитесь к сотруднику.
done-nothing = Ничего не удалось записать. Ничего не сохранено. Обратитесь к сотруднику.
fault = Эта машина не работает. Обратитесь к сотруднику.
other-screen = { fault }
still-there = Вы ещё здесь?
more-time = Да, мне нужно больше времени
seconds = { $count ->
    [one] { $count } секунда
    [few] { $count } секунды
    [many] { $count } секунд
   *[other] { $count } секунды
 }
