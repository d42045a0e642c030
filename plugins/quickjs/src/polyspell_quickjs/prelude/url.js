// URL and URLSearchParams, as the WHATWG has them but for two things: names of hosts are ASCII (no IDNA),
// and addresses of hosts are taken as they are written.
"use strict";
(() => {
  const SPECIAL = { "http:": "80", "https:": "443", "ws:": "80", "wss:": "443", "ftp:": "21", "file:": "" };
  const PARTS = /^([a-z][a-z0-9+.-]*:)?(\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/is;
  const escape = (text, kept) => {
    let result = "";
    for (const sign of text.toWellFormed())
      result += kept.test(sign) || (sign === "%") ? sign : encodeURIComponent(sign).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
    return result;
  };
  const PATH = /^[\w!$&'()*+,\-./:;=@~|[\]%]$/, QUERY = /^[\w!$&()*+,\-./:;=?@~[\]\\^`{|}%]$/, HASH = /^[\w!$&'()*+,\-./:;=?@~[\]\\^{|}%#]$/;
  const fail = (text) => {
    throw new TypeError(`Invalid URL: ${text}`);
  };

  const dots = (path) => {
    const out = [], pieces = path.split("/");
    pieces.forEach((piece, i) => {
      const plain = piece.replace(/%2e/gi, "."), last = i === pieces.length - 1;
      if (plain === "..") {
        if (out.length > 1) out.pop();
        if (last) out.push("");
      } else if (plain === ".") {
        if (last) out.push("");
      } else out.push(piece);
    });
    return out.join("/");
  };

  const parse = (text, base) => {
    let whole = text.trim().replace(/[\t\n\r]/g, "");
    const scheme = /^([a-z][a-z0-9+.-]*:)/i.exec(whole)?.[1].toLowerCase() ?? base?.protocol;
    if (scheme === undefined) fail(text);
    const special = scheme in SPECIAL;
    if (special) whole = whole.replace(/^[^?#]*/, (before) => before.replaceAll("\\", "/"));
    const [, own, slashes, authority, path, query, hash] = PARTS.exec(whole) ?? fail(text);
    const url = { protocol: scheme, username: "", password: "", hostname: "", port: "", pathname: "", search: query ?? "", hash: hash ?? "", opaque: false, host: slashes !== undefined };
    if (own === undefined && slashes === undefined) relative(url, path, query, base, text);
    else if (slashes !== undefined) {
      setAuthority(url, authority, special, text);
      url.pathname = path;
    } else if (special && scheme !== "file:") {
      const [, rest, more] = /^\/*([^/]*)(.*)$/.exec(path);
      url.host = true;
      setAuthority(url, rest, true, text);
      url.pathname = more;
    } else {
      url.opaque = !path.startsWith("/") && !special;
      url.pathname = path;
    }
    if (!url.opaque) {
      if (special && !url.pathname.startsWith("/")) url.pathname = "/" + url.pathname;
      url.pathname = escape(dots(url.pathname), PATH);
    }
    url.search = url.search === "?" ? "" : escape(url.search, QUERY);
    url.hash = url.hash === "#" ? "" : escape(url.hash, HASH);
    return url;
  };
  const relative = (url, path, query, base, text) => {
    if (base.opaque && (path || query !== undefined)) fail(text);
    for (const part of ["username", "password", "hostname", "port", "host", "opaque"]) url[part] = base[part];
    if (path.startsWith("/")) url.pathname = path;
    else if (path) url.pathname = base.pathname.replace(/[^/]*$/, "") + path;
    else {
      url.pathname = base.pathname;
      if (query === undefined) url.search = base.search;
    }
  };
  const setAuthority = (url, authority, special, text) => {
    const at = authority.lastIndexOf("@");
    if (at >= 0) {
      const [user, ...rest] = authority.slice(0, at).split(":");
      url.username = escape(user, /^[\w!$&'()*+,\-.~%]$/);
      url.password = escape(rest.join(":"), /^[\w!$&'()*+,\-.~%]$/);
    }
    const [, host, , port] = /^(\[[0-9a-f:.]*\]|[^:]*)(:(.*))?$/is.exec(authority.slice(at + 1)) ?? fail(text);
    if (port && !/^\d+$/.test(port)) fail(text);
    if (Number(port) > 65535) fail(text);
    if (/[^\x21-\x7e]|[\s<>^|]/.test(host)) fail(text);
    if (special && !host && url.protocol !== "file:") fail(text);
    url.hostname = special ? decodeURIComponent(host).toLowerCase() : host;
    url.port = port && String(Number(port)) !== SPECIAL[url.protocol] ? String(Number(port)) : "";
  };
  const write = (u) => {
    const login = u.username || u.password ? u.username + (u.password ? ":" + u.password : "") + "@" : "";
    return u.protocol + (u.host || u.protocol === "file:" ? "//" + login + u.hostname + (u.port ? ":" + u.port : "") : "") + u.pathname + u.search + u.hash;
  };

  const encode = (text) => encodeURIComponent(text.toWellFormed()).replace(/%20|[!'()~]/g, (c) => (c === "%20" ? "+" : "%" + c.charCodeAt(0).toString(16).toUpperCase()));
  const decode = (text) => {
    const plain = text.replaceAll("+", " ");
    try {
      return decodeURIComponent(plain);
    } catch {
      return plain;
    }
  };

  class URLSearchParams {
    #list = []; #changed = () => {};
    constructor(init = "") {
      if (typeof init === "object" && init !== null)
        for (const [name, value] of init[Symbol.iterator] ? init : Object.entries(init)) this.#list.push([String(name), String(value)]);
      else this.#read(String(init));
    }
    #read(text) {
      this.#list = text.replace(/^\?/, "").split("&").filter(Boolean).map((pair) => {
        const at = pair.indexOf("=");
        return at < 0 ? [decode(pair), ""] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
      });
    }
    static follow(params, changed) { params.#changed = changed; return params; }
    static read(params, text) { params.#read(text); }
    get size() { return this.#list.length; }
    append(name, value) { this.#list.push([String(name), String(value)]); this.#changed(); }
    delete(name, value) {
      this.#list = this.#list.filter(([n, v]) => n !== String(name) || (value !== undefined && v !== String(value)));
      this.#changed();
    }
    get(name) { return this.#list.find(([n]) => n === String(name))?.[1] ?? null; }
    getAll(name) { return this.#list.filter(([n]) => n === String(name)).map(([, v]) => v); }
    has(name, value) { return this.#list.some(([n, v]) => n === String(name) && (value === undefined || v === String(value))); }
    set(name, value) {
      const at = this.#list.findIndex(([n]) => n === String(name));
      if (at < 0) return this.append(name, value);
      this.#list = this.#list.filter(([n], i) => i <= at || n !== String(name));
      this.#list[at][1] = String(value);
      this.#changed();
    }
    sort() { this.#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#changed(); }
    forEach(work, self) { for (const [name, value] of this.#list) work.call(self, value, name, this); }
    *keys() { for (const [name] of this.#list) yield name; }
    *values() { for (const [, value] of this.#list) yield value; }
    *entries() { for (const [name, value] of this.#list) yield [name, value]; }
    [Symbol.iterator]() { return this.entries(); }
    toString() { return this.#list.map(([n, v]) => `${encode(n)}=${encode(v)}`).join("&"); }
  }
  const { follow, read } = URLSearchParams;
  delete URLSearchParams.follow;
  delete URLSearchParams.read;

  class URL {
    #url; #params;
    constructor(text, base) {
      this.#url = parse(String(text), base === undefined ? undefined : parse(String(base)));
      this.#params = follow(new URLSearchParams(this.#url.search), () => {
        const query = String(this.#params);
        this.#url.search = query && "?" + query;
      });
    }
    static canParse(text, base) {
      try {
        return Boolean(new URL(text, base));
      } catch {
        return false;
      }
    }
    static parse(text, base) { return URL.canParse(text, base) ? new URL(text, base) : null; }
    get href() { return write(this.#url); }
    set href(text) { this.#url = parse(String(text)); read(this.#params, this.#url.search); }
    get origin() { return this.protocol in SPECIAL && this.protocol !== "file:" ? `${this.protocol}//${this.host}` : "null"; }
    get host() { return this.#url.hostname + (this.#url.port ? ":" + this.#url.port : ""); }
    set host(value) { this.#change((u) => setAuthority(u, String(value), u.protocol in SPECIAL, value)); }
    get searchParams() { return this.#params; }
    get search() { return this.#url.search; }
    set search(value) {
      const text = String(value).replace(/^\?/, "");
      this.#url.search = text && "?" + escape(text, QUERY);
      read(this.#params, this.#url.search);
    }
    get hash() { return this.#url.hash; }
    set hash(value) {
      const text = String(value).replace(/^#/, "");
      this.#url.hash = text && "#" + escape(text, HASH);
    }
    get pathname() { return this.#url.pathname; }
    set pathname(value) {
      const text = String(value);
      if (!this.#url.opaque) this.#url.pathname = escape(dots(text.startsWith("/") ? text : "/" + text), PATH);
    }
    get protocol() { return this.#url.protocol; }
    set protocol(value) { this.#change((u) => (u.protocol = String(value).replace(/:?$/, ":").toLowerCase())); }
    get hostname() { return this.#url.hostname; }
    set hostname(value) { this.#change((u) => setAuthority(u, String(value) + (u.port ? ":" + u.port : ""), u.protocol in SPECIAL, value)); }
    get port() { return this.#url.port; }
    set port(value) { this.#change((u) => setAuthority(u, `${u.hostname}:${value}`, u.protocol in SPECIAL, value)); }
    get username() { return this.#url.username; }
    set username(value) { this.#url.username = encodeURIComponent(value); }
    get password() { return this.#url.password; }
    set password(value) { this.#url.password = encodeURIComponent(value); }
    #change(work) {
      const changed = { ...this.#url };
      work(changed);
      this.#url = parse(write(changed));
    }
    toString() { return this.href; }
    toJSON() { return this.href; }
  }
  return { URL, URLSearchParams };
})
