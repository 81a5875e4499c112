/** What every page with a shell loads: the elements, and how pages follow each other. */

import "./navigation.js";
import "./shortcuts.js";
import "./elements/add-songs.js";
import "./elements/clip-trial.js";
import "./elements/copy-text.js";
import "./elements/edit-text.js";
import "./elements/job-notes.js";
import "./elements/page-messages.js";
import "./elements/play-button.js";
import "./elements/player-bar.js";
import "./elements/prediction-lanes.js";
import "./elements/range-value.js";
import "./elements/remix-timeline.js";
import "./elements/song-list.js";
import "./elements/stem-mixer.js";
import "./elements/toast-list.js";
import "./elements/upload-tray.js";
import "./elements/wave-form.js";
