// SPDX-License-Identifier: Apache-2.0
const STYLE = `
:host{--tl:#1f5fbf;--bg:#fff;--fg:#1b1d21;--soft:#eef1f5;--line:#d5dae1;--dim:#5c6470;all:initial;position:fixed;right:20px;bottom:20px;z-index:2147483000;font:15px/1.45 system-ui,sans-serif;color:var(--fg)}
@media(prefers-color-scheme:dark){:host{--tl:#8ab4ff;--bg:#1b1d21;--fg:#f1f3f5;--soft:#2a2e35;--line:#3b414b;--dim:#a7b0bd}}
*{box-sizing:border-box;font:inherit;color:inherit}
button{cursor:pointer;border:0;border-radius:8px;background:var(--tl);color:var(--bg);padding:8px 14px}
button:focus-visible,textarea:focus-visible{outline:3px solid var(--tl);outline-offset:2px}
.open{border-radius:28px;padding:14px 20px;box-shadow:0 4px 16px #0004;font-weight:600}
.panel{display:flex;flex-direction:column;width:360px;height:520px;max-width:calc(100vw - 40px);max-height:calc(100vh - 40px);background:var(--bg);border:1px solid var(--line);border-radius:14px;box-shadow:0 8px 32px #0005;overflow:hidden}
[hidden]{display:none!important}
header{display:flex;align-items:center;gap:8px;padding:10px 14px;border-bottom:1px solid var(--line)}
h2{flex:1;margin:0;font-weight:600}
header button{background:none;color:inherit;padding:4px 10px;font-size:20px;line-height:1}
.state{padding:6px 14px;background:var(--soft);color:var(--dim);font-size:13px}
ol{flex:1;overflow-y:auto;list-style:none;margin:0;padding:14px;display:flex;flex-direction:column;gap:8px}
li{max-width:85%;padding:8px 12px;border-radius:12px;background:var(--soft);white-space:pre-wrap;overflow-wrap:anywhere;align-self:flex-start}
li.own{align-self:flex-end;background:var(--tl);color:var(--bg)}
li.unsent{opacity:.6}
small{display:block;font-size:12px;opacity:.8}
.typing{min-height:22px;padding:0 14px;color:var(--dim);font-size:13px}
form{display:flex;gap:8px;padding:10px;border-top:1px solid var(--line)}
textarea{flex:1;min-width:0;resize:none;min-height:40px;max-height:120px;padding:8px;font-size:16px;border:1px solid var(--line);border-radius:8px;background:var(--bg)}
textarea::placeholder{color:var(--dim);opacity:1}
.hint{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media(max-width:480px){.panel{position:fixed;inset:0;width:auto;height:100%;height:100dvh;max-width:none;max-height:none;border:0;border-radius:0}form{padding-bottom:max(10px,env(safe-area-inset-bottom))}}
@media(prefers-reduced-motion:no-preference){.panel{animation:up .15s ease-out}@keyframes up{from{opacity:0;transform:translateY(8px)}}}
`;
