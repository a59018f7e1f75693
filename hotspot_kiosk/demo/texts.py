"""The demo's config files, and so examples of every setting; what a training's have in common with them stands by itself."""

KIOSK_PARTS = """\
[keys]
own = "kiosk.key"
peers = "peers"

[models]
manifest = "{models}/manifest.toml"
folder = "{models}/built"

[camera]
driver = "folder"
path = "{root}/camera"

[finger]
driver = "uart_finger"
port = "{root}/serial"
ppi = 500

[link]
driver = "mqtt"
host = "127.0.0.1"
port = {link_port}
retry_most_s = 2.0

[outbox]
path = "outbox.db"

[operation]
file = "operation.op"
"""

KIOSK = (
    """\
[kiosk]
device = {device}
post = "Green line 4"
country = "XPO"
agency = "DEMO"
desk = "{root}/desk"

"""
    + KIOSK_PARTS
)

OPERATION = """\
id = "DEMO-2026"
edition = 1
name = "demonstration"
kind = "hotspot"
purpose = "demonstration"
legal_basis = "none: nobody real is checked"
notice = "demo-1"
begins = {begins}
ends = {ends}
posts = ["Green line 4"]
devices = [{device}]
fingers = [2, 7]
"""

HUB_PARTS = """\
[keys]
own = "hub.key"
peers = "peers"

[models]
manifest = "{models}/manifest.toml"
folder = "{models}/built"

[link]
driver = "mqtt"
host = "127.0.0.1"
port = {broker_port}

[store]
driver = "store_sqlite"
path = "hub.db"
"""

HUB = (
    """\
[hub]
name = "Demo bureau"
orders = "orders"

"""
    + HUB_PARTS
)

BROKER = """\
id = 0
[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v5.1]
name = "v5-1"
listen = "127.0.0.1:{broker_port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 1000000
max_inflight_count = 100
"""
