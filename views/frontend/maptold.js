// Carries small things between the server and the map without the map's points: which point's text is wanted, that text, and what is
// chosen.

const listening = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const tell = () => window.dispatchEvent(new CustomEvent("plateau-map-told", { detail: data.told }));
  const ask = (event) => (event.detail < 0 ? tell() : setTriggerValue("asked", event.detail));
  window.removeEventListener("plateau-map-ask", listening.get(parentElement));
  listening.set(parentElement, ask);
  window.addEventListener("plateau-map-ask", ask);
  tell();
  return () => window.removeEventListener("plateau-map-ask", ask);
}
