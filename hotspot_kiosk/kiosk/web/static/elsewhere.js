// A second screen: looks again until the first one is gone, so that whoever stands here is not left before words.
const AGAIN_MS = 5000;
setTimeout(() => location.replace("/"), AGAIN_MS);
