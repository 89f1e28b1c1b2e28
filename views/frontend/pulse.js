// Asks the server to draw the whole page. A server that was started anew knows nothing of the desk's part of the page, so that the
// desk's own events come to nothing until then.

const listening = new WeakMap();

export default function (component) {
  const { parentElement, setTriggerValue } = component;
  window.removeEventListener("plateau-lost", listening.get(parentElement));
  const ask = () => setTriggerValue("event", performance.now());
  listening.set(parentElement, ask);
  window.addEventListener("plateau-lost", ask);
  return () => window.removeEventListener("plateau-lost", listening.get(parentElement));
}
