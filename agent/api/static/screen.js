// Says openly when the page no longer hears from the agent: a stale balance is a wrong balance, and
// a button that nobody answers is none.
for (const [event, state] of [
  ["htmx:sse:after:connection", "live"],
  ["htmx:sse:error", "lost"],
  ["htmx:sse:close", "lost"],
]) {
  document.addEventListener(event, () => {
    document.body.dataset.stream = state;
    document.getElementById("panel").inert = state === "lost";
  });
}
