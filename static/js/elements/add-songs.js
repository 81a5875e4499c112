/** <add-songs>: the button that chooses files; hands them to <upload-tray>. */

class AddSongs extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    input.addEventListener("change", () => {
      document.querySelector("upload-tray")?.add([...input.files]);
      input.value = "";
    });
  }
}

customElements.define("add-songs", AddSongs);
