// The landing page's form carries the time zone of this phone or computer, so that nobody is written to at night. The page works
// without it.
"use strict";
try {
  const field = document.querySelector("input[name=zone]");
  if (field) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
} catch {
  // An old browser: the job's place has to do.
}
