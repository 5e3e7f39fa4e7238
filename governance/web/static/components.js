// What the Design System's components do when scripts run. Every page works without.
import { initAll } from "./govuk-frontend.min.js";

initAll();
