// The preview on a canvas. Each picture is closed once it is drawn, and acknowledged once it is on the screen.
const AGAIN_MS = 300;
let current = null;

export function watchPreview(canvas) {
  if (current && current.canvas !== canvas) stop();
  if (canvas && !current) open(canvas);
}

function stop() {
  const old = current;
  current = null;
  old.canvas.getContext("2d").clearRect(0, 0, old.canvas.width, old.canvas.height);
  old.socket.close();
}

function open(canvas) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/preview`);
  socket.binaryType = "blob";
  current = { canvas, socket };
  socket.onmessage = async (event) => {
    const picture = await createImageBitmap(event.data);
    draw(canvas, picture);
    picture.close();
    requestAnimationFrame(() => {
      if (socket.readyState === WebSocket.OPEN) socket.send(new Uint8Array([6]));
    });
  };
  socket.onclose = () => {
    if (current?.socket !== socket) return;
    current = null;
    setTimeout(() => canvas.isConnected && watchPreview(canvas), AGAIN_MS);
  };
}

function draw(canvas, picture) {
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(-1, 0, 0, 1, canvas.width, 0); // as in a mirror
  pen.drawImage(picture, 0, 0);
}
