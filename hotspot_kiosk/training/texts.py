"""The config files of a training, and so examples of every setting that makes one."""

from hotspot_kiosk.demo.texts import HUB_PARTS, KIOSK_PARTS

KIOSK = (
    """\
[kiosk]
device = {device}
post = "Training post"
country = "XPO"
agency = "TRAINING"
desk = "{root}/desk"
training = true

"""
    + KIOSK_PARTS
    + """\

[session]
attempts = 10
face_quality = 60
finger_quality = 50
subject_s = 900.0
answer_s = 60.0

[page]
port = {page_port}
idle_s = 1800.0
coach = "{root}/coach"
"""
)

OPERATION = """\
id = "TRAINING"
edition = 1
name = "training"
kind = "hotspot"
purpose = "training of officers"
legal_basis = "none: nobody real is checked"
notice = "training-1"
begins = {begins}
ends = {ends}
posts = ["Training post"]
devices = [{device}]
fingers = [2]

[confirmation]
pictures = "none needed: nobody in them stands here"
"""

HUB = (
    """\
[hub]
name = "Training bureau"
orders = "orders"
operations = "operations"
roster = "roster"
training = true

"""
    + HUB_PARTS
)
