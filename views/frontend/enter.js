// Lets Enter press the page's main button while one of the times at hand has the focus, which keeps the key to itself otherwise.

const listening = new WeakMap();

export default function (component) {
  const { parentElement } = component;
  const stop = () => window.removeEventListener("keydown", listening.get(parentElement), true);
  stop();
  const press = (event) => {
    const main = document.querySelector("[data-testid=stMain] [data-testid=stBaseButton-primary]");
    if (event.key !== "Enter" || event.repeat || !main || !document.activeElement?.closest(".st-key-time")) return;
    event.preventDefault();
    event.stopPropagation();
    main.click();
  };
  listening.set(parentElement, press);
  window.addEventListener("keydown", press, true);
  return stop;
}
