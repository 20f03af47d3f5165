// Runs before the page is drawn, so that it does not flash in the theme that was not chosen.
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  /* storage is switched off: the system's theme it is */
}
