"use strict";
// Shows what /playground/now tells, again and again; changes only what has changed.

const LOOK_EVERY_MS = 500;
const at = (id) => document.getElementById(id);
let chosen = null;
let shownText = "";

function put(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function clock(ms) {
  return new Date(ms).toLocaleTimeString();
}

function lasting(ms) {
  const units = [[86400000, "d"], [3600000, "h"], [60000, "min"], [1000, "s"]];
  const [unit, name] = units.find(([size]) => ms >= size) || [1000, "s"];
  return `${Math.round((ms / unit) * 10) / 10} ${name}`;
}

function showSteps(steps) {
  const next = steps.findIndex((step) => step.at_ms === null);
  const items = steps.map((step, number) => {
    const item = document.createElement("li");
    const when = document.createElement("small");
    item.className = number === next ? "now" : step.at_ms === null ? "later" : "done";
    item.textContent = step.text;
    if (step.at_ms !== null) when.textContent = clock(step.at_ms);
    else if (step.is_awaited) when.textContent = "waits for approval or notice time";
    else when.textContent = `${lasting(step.after_ms)} after the step before`;
    if (item.className === "now") item.setAttribute("aria-current", "step");
    item.append(when);
    return item;
  });
  at("steps").replaceChildren(...items);
}

function showTabs(vms) {
  if (at("vms").children.length === vms.length) return;
  at("vms").replaceChildren(...vms.map((vm) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", "panel");
    tab.textContent = vm.name;
    tab.addEventListener("click", () => { chosen = vm.name; shownText = ""; look(); });
    return tab;
  }));
}

function showApprovals(vm) {
  const waiting = vm.document.Events.filter((event) => event.EventStatus === "Scheduled");
  const wanted = waiting.map((event) => event.EventId).join();
  if (at("events").dataset.shown === `${vm.name} ${wanted}`) return;
  at("events").dataset.shown = `${vm.name} ${wanted}`;
  at("events").replaceChildren(...waiting.map((event) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `Approve the ${event.EventType} as ${vm.name}`;
    button.addEventListener("click", async () => {
      const query = new URLSearchParams({ vm: vm.name, event: event.EventId });
      await fetch(`approve?${query}`, { method: "POST", headers: { Metadata: "true" } });
      look();
    });
    return button;
  }));
}

function showDocument(vm) {
  const text = JSON.stringify(vm.document, null, 2);
  const called = vm.has_called ? "" : "; nobody of it has called yet, which enables the events";
  put("whose", `${vm.name} belongs to ${vm.tenant}${called}.`);
  put("request", `curl -H Metadata:true "${vm.url}/metadata/scheduledevents?api-version=2020-07-01"`);
  showApprovals(vm);
  if (text === shownText) return;
  at("document").classList.remove("changed");
  void at("document").offsetWidth; // begins the animation anew
  if (shownText) at("document").classList.add("changed");
  shownText = text;
  put("document", text);
}

function show(told) {
  put("scenario", told.scenario);
  put("about", told.about);
  put("speed", told.speed === 1 ? "At real speed." : `${told.speed} times as fast.`);
  put("clock", `It is ${clock(told.now_ms)}.`);
  document.title = `${told.scenario} · freezeframe`;
  showSteps(told.steps);
  showTabs(told.vms);
  const vm = told.vms.find((each) => each.name === chosen) || told.vms[0];
  chosen = vm.name;
  for (const tab of at("vms").children) {
    tab.setAttribute("aria-selected", String(tab.textContent === chosen));
  }
  showDocument(vm);
}

async function look() {
  try {
    show(await (await fetch("now")).json());
    at("trouble").hidden = true;
  } catch {
    put("trouble", "The service does not answer; is it still running?");
    at("trouble").hidden = false;
  }
}

look();
setInterval(look, LOOK_EVERY_MS);
