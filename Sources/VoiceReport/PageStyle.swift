// How the page looks, in light and in dark.
extension VoiceReport {
  static let style = """
    :root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1c1e21; --soft: #6a6f76; --line: #d9dbdd; --voice: #1d5fb4;
      --noise: #c4421a; --good: #1c7a43; --bad: #b3261e; }
    @media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e4e6e8; --soft: #9aa0a6; --line: #34383d;
      --voice: #74aaf2; --noise: #f28a5c; --good: #6cc98f; --bad: #f2877f; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 62rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
    h1 { font-weight: 600; margin: 0 0 .5rem; } h2 { font-weight: 600; margin: 2.2rem 0 .6rem; font-size: 1.2rem; }
    p { max-width: 46rem; } .lead { overflow-wrap: anywhere; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1.2rem; }
    figure { margin: 0; } svg { width: 100%; height: auto; display: block; }
    figcaption { color: var(--soft); font-size: .85rem; padding-left: 11%; }
    .grid { stroke: var(--line); stroke-width: 1; } .label { fill: var(--soft); font-size: 11px; }
    .line { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
    .voice.line { stroke: var(--voice); } .noise.line { stroke: var(--noise); } .faint.line { stroke: var(--soft); stroke-width: .6; }
    .ideal.line { stroke: var(--ink); stroke-dasharray: 4 3; stroke-width: 1; }
    .voice.area, .voice.mark { fill: var(--voice); fill-opacity: .75; } .noise.area, .noise.mark { fill: var(--noise); fill-opacity: .75; }
    b.voice { color: var(--voice); } b.noise { color: var(--noise); }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
    th, td { text-align: right; vertical-align: top; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
    tr > :first-child { text-align: left; padding-left: 0; } thead th, small { color: var(--soft); font-weight: 400; }
    th[scope] { font-weight: 600; } small { display: block; font-size: .8rem; max-width: 32rem; }
    .good { color: var(--good); } .bad { color: var(--bad); }
    .verdict { border-left: 4px solid; padding: .2rem 0 .2rem .9rem; font-weight: 600; } a { color: inherit; }
    """
}
