;; What a training step does outside the graph: optimizer, gradient norm, sums of rows, dropout masks. float32, SIMD.
;; Pointers are bytes, counts are elements; any count and alignment will do. twin.ts does the same operations in the
;; same order in TypeScript and agrees bit for bit. Assembled into module.generated.ts by `npm run kernels`.
(module
  (import "host" "memory" (memory 1))

  ;; AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) as torch.optim.AdamW computes it:
  ;;   g ← scale·g,  m ← β1 m + (1-β1) g,  v ← β2 v + (1-β2) g²,  p ← decay·p - step·m / (√v·root + ε)
  ;; with step = rate / (1-β1^t), root = 1/√(1-β2^t), decay = 1 - rate·weightDecay.
  ;; Moments below the smallest normal number become zero: arithmetic on denormals is slow on many processors.
  (func $adamw (export "adamw")
    (param $p i32) (param $m i32) (param $v i32) (param $g i32) (param $n i32) (param $scale f32)
    (param $b1 f32) (param $c1 f32) (param $b2 f32) (param $c2 f32)
    (param $step f32) (param $decay f32) (param $root f32) (param $eps f32)
    (local $end i32) (local $G v128) (local $M v128) (local $V v128) (local $tiny v128)
    (local $gs f32) (local $ms f32) (local $vs f32)
    (local.set $tiny (f32x4.splat (f32.const 0x1p-126)))
    (local.set $end (i32.add (local.get $p) (i32.shl (i32.and (local.get $n) (i32.const -4)) (i32.const 2))))
    (block $done (loop $vectors
      (br_if $done (i32.ge_u (local.get $p) (local.get $end)))
      (local.set $G (f32x4.mul (v128.load (local.get $g)) (f32x4.splat (local.get $scale))))
      (local.set $M (f32x4.add
        (f32x4.mul (v128.load (local.get $m)) (f32x4.splat (local.get $b1)))
        (f32x4.mul (local.get $G) (f32x4.splat (local.get $c1)))))
      (local.set $M (v128.andnot (local.get $M) (f32x4.lt (f32x4.abs (local.get $M)) (local.get $tiny))))
      (local.set $V (f32x4.add
        (f32x4.mul (v128.load (local.get $v)) (f32x4.splat (local.get $b2)))
        (f32x4.mul (f32x4.mul (local.get $G) (local.get $G)) (f32x4.splat (local.get $c2)))))
      (local.set $V (v128.andnot (local.get $V) (f32x4.lt (local.get $V) (local.get $tiny))))
      (v128.store (local.get $m) (local.get $M))
      (v128.store (local.get $v) (local.get $V))
      (v128.store (local.get $p) (f32x4.sub
        (f32x4.mul (v128.load (local.get $p)) (f32x4.splat (local.get $decay)))
        (f32x4.div
          (f32x4.mul (local.get $M) (f32x4.splat (local.get $step)))
          (f32x4.add (f32x4.mul (f32x4.sqrt (local.get $V)) (f32x4.splat (local.get $root))) (f32x4.splat (local.get $eps))))))
      (local.set $p (i32.add (local.get $p) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (br $vectors)))
    (local.set $end (i32.add (local.get $p) (i32.shl (i32.and (local.get $n) (i32.const 3)) (i32.const 2))))
    (block $over (loop $rest
      (br_if $over (i32.ge_u (local.get $p) (local.get $end)))
      (local.set $gs (f32.mul (f32.load (local.get $g)) (local.get $scale)))
      (local.set $ms (f32.add
        (f32.mul (f32.load (local.get $m)) (local.get $b1)) (f32.mul (local.get $gs) (local.get $c1))))
      (if (f32.lt (f32.abs (local.get $ms)) (f32.const 0x1p-126)) (then (local.set $ms (f32.const 0))))
      (local.set $vs (f32.add
        (f32.mul (f32.load (local.get $v)) (local.get $b2))
        (f32.mul (f32.mul (local.get $gs) (local.get $gs)) (local.get $c2))))
      (if (f32.lt (local.get $vs) (f32.const 0x1p-126)) (then (local.set $vs (f32.const 0))))
      (f32.store (local.get $m) (local.get $ms))
      (f32.store (local.get $v) (local.get $vs))
      (f32.store (local.get $p) (f32.sub
        (f32.mul (f32.load (local.get $p)) (local.get $decay))
        (f32.div
          (f32.mul (local.get $ms) (local.get $step))
          (f32.add (f32.mul (f32.sqrt (local.get $vs)) (local.get $root)) (local.get $eps)))))
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (local.set $m (i32.add (local.get $m) (i32.const 4)))
      (local.set $v (i32.add (local.get $v) (i32.const 4)))
      (local.set $g (i32.add (local.get $g) (i32.const 4)))
      (br $rest))))

  ;; adamw on the given rows of a table, each of `width` elements. Row r's gradient is row places[r] of `sums`, or `zeros`
  ;; where that is negative. Moments stand in the order of `rows`, `stride` apart: width, or 0 for one pair that stays zero.
  (func (export "adamwRows")
    (param $p i32) (param $m i32) (param $v i32) (param $sums i32) (param $zeros i32)
    (param $rows i32) (param $count i32) (param $places i32) (param $width i32) (param $stride i32) (param $scale f32)
    (param $b1 f32) (param $c1 f32) (param $b2 f32) (param $c2 f32)
    (param $step f32) (param $decay f32) (param $root f32) (param $eps f32)
    (local $last i32) (local $row i32) (local $place i32) (local $bytes i32) (local $strideBytes i32)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (local.set $strideBytes (i32.shl (local.get $stride) (i32.const 2)))
    (local.set $last (i32.add (local.get $rows) (i32.shl (local.get $count) (i32.const 2))))
    (block $done (loop $each
      (br_if $done (i32.ge_u (local.get $rows) (local.get $last)))
      (local.set $row (i32.load (local.get $rows)))
      (local.set $place (i32.load (i32.add (local.get $places) (i32.shl (local.get $row) (i32.const 2)))))
      (call $adamw
        (i32.add (local.get $p) (i32.mul (local.get $row) (local.get $bytes)))
        (local.get $m)
        (local.get $v)
        (if (result i32) (i32.lt_s (local.get $place) (i32.const 0))
          (then (local.get $zeros))
          (else (i32.add (local.get $sums) (i32.mul (local.get $place) (local.get $bytes)))))
        (local.get $width) (local.get $scale)
        (local.get $b1) (local.get $c1) (local.get $b2) (local.get $c2)
        (local.get $step) (local.get $decay) (local.get $root) (local.get $eps))
      (local.set $m (i32.add (local.get $m) (local.get $strideBytes)))
      (local.set $v (i32.add (local.get $v) (local.get $strideBytes)))
      (local.set $rows (i32.add (local.get $rows) (i32.const 4)))
      (br $each))))

  ;; Σ x² in float64: element i of the whole groups of 8 goes to sum i mod 8, the rest to a ninth, so that no addition has
  ;; to wait for the one before it. In the end ((0+2)+(4+6)) + ((1+3)+(5+7)) + rest.
  (func (export "sumOfSquares") (param $x i32) (param $n i32) (result f64)
    (local $end i32) (local $s0 v128) (local $s1 v128) (local $s2 v128) (local $s3 v128)
    (local $X v128) (local $pair v128) (local $d f64) (local $rest f64)
    (local.set $end (i32.add (local.get $x) (i32.shl (i32.and (local.get $n) (i32.const -8)) (i32.const 2))))
    (block $done (loop $vectors
      (br_if $done (i32.ge_u (local.get $x) (local.get $end)))
      (local.set $pair (f64x2.promote_low_f32x4 (v128.load64_zero (local.get $x))))
      (local.set $s0 (f64x2.add (local.get $s0) (f64x2.mul (local.get $pair) (local.get $pair))))
      (local.set $pair (f64x2.promote_low_f32x4 (v128.load64_zero offset=8 (local.get $x))))
      (local.set $s1 (f64x2.add (local.get $s1) (f64x2.mul (local.get $pair) (local.get $pair))))
      (local.set $pair (f64x2.promote_low_f32x4 (v128.load64_zero offset=16 (local.get $x))))
      (local.set $s2 (f64x2.add (local.get $s2) (f64x2.mul (local.get $pair) (local.get $pair))))
      (local.set $pair (f64x2.promote_low_f32x4 (v128.load64_zero offset=24 (local.get $x))))
      (local.set $s3 (f64x2.add (local.get $s3) (f64x2.mul (local.get $pair) (local.get $pair))))
      (local.set $x (i32.add (local.get $x) (i32.const 32)))
      (br $vectors)))
    (local.set $end (i32.add (local.get $x) (i32.shl (i32.and (local.get $n) (i32.const 7)) (i32.const 2))))
    (block $over (loop $remaining
      (br_if $over (i32.ge_u (local.get $x) (local.get $end)))
      (local.set $d (f64.promote_f32 (f32.load (local.get $x))))
      (local.set $rest (f64.add (local.get $rest) (f64.mul (local.get $d) (local.get $d))))
      (local.set $x (i32.add (local.get $x) (i32.const 4)))
      (br $remaining)))
    (local.set $s0 (f64x2.add (f64x2.add (local.get $s0) (local.get $s1)) (f64x2.add (local.get $s2) (local.get $s3))))
    (f64.add
      (f64.add (f64x2.extract_lane 0 (local.get $s0)) (f64x2.extract_lane 1 (local.get $s0)))
      (local.get $rest)))

  ;; y ← y + x
  (func $add (export "add") (param $y i32) (param $x i32) (param $n i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $y) (i32.shl (i32.and (local.get $n) (i32.const -4)) (i32.const 2))))
    (block $done (loop $vectors
      (br_if $done (i32.ge_u (local.get $y) (local.get $end)))
      (v128.store (local.get $y) (f32x4.add (v128.load (local.get $y)) (v128.load (local.get $x))))
      (local.set $y (i32.add (local.get $y) (i32.const 16)))
      (local.set $x (i32.add (local.get $x) (i32.const 16)))
      (br $vectors)))
    (local.set $end (i32.add (local.get $y) (i32.shl (i32.and (local.get $n) (i32.const 3)) (i32.const 2))))
    (block $over (loop $rest
      (br_if $over (i32.ge_u (local.get $y) (local.get $end)))
      (f32.store (local.get $y) (f32.add (f32.load (local.get $y)) (f32.load (local.get $x))))
      (local.set $y (i32.add (local.get $y) (i32.const 4)))
      (local.set $x (i32.add (local.get $x) (i32.const 4)))
      (br $rest))))

  ;; Row t of `rows` is added to row places[t] of `sums`, t rising: each row has `width` elements.
  (func (export "addRows") (param $sums i32) (param $rows i32) (param $places i32) (param $count i32) (param $width i32)
    (local $bytes i32) (local $last i32)
    (local.set $bytes (i32.shl (local.get $width) (i32.const 2)))
    (local.set $last (i32.add (local.get $places) (i32.shl (local.get $count) (i32.const 2))))
    (block $done (loop $each
      (br_if $done (i32.ge_u (local.get $places) (local.get $last)))
      (call $add
        (i32.add (local.get $sums) (i32.mul (i32.load (local.get $places)) (local.get $bytes)))
        (local.get $rows)
        (local.get $width))
      (local.set $rows (i32.add (local.get $rows) (local.get $bytes)))
      (local.set $places (i32.add (local.get $places) (i32.const 4)))
      (br $each))))

  ;; A dropout mask: byte 2i and 2i+1 are 1 where the low and the high half of hash(key, i) reach `threshold` of 65536,
  ;; else 0. The hash is lowbias32 of (i · golden) xor key. Writes whole groups of 8 bytes.
  (func (export "dropoutMask") (param $y i32) (param $n i32) (param $key i32) (param $threshold i32)
    (local $end i32) (local $counter v128) (local $h v128) (local $keep v128)
    (local.set $end (i32.add (local.get $y) (local.get $n)))
    (local.set $counter (v128.const i32x4 0 1 2 3))
    (block $done (loop $groups
      (br_if $done (i32.ge_u (local.get $y) (local.get $end)))
      (local.set $h (v128.xor
        (i32x4.mul (local.get $counter) (i32x4.splat (i32.const 0x9e3779b1))) (i32x4.splat (local.get $key))))
      (local.set $h (v128.xor (local.get $h) (i32x4.shr_u (local.get $h) (i32.const 16))))
      (local.set $h (i32x4.mul (local.get $h) (i32x4.splat (i32.const 0x7feb352d))))
      (local.set $h (v128.xor (local.get $h) (i32x4.shr_u (local.get $h) (i32.const 15))))
      (local.set $h (i32x4.mul (local.get $h) (i32x4.splat (i32.const 0x846ca68b))))
      (local.set $h (v128.xor (local.get $h) (i32x4.shr_u (local.get $h) (i32.const 16))))
      (local.set $keep (i16x8.ge_u (local.get $h) (i16x8.splat (local.get $threshold))))
      (v128.store64_lane 0 (local.get $y) (v128.and
        (i8x16.splat (i32.const 1)) (i8x16.narrow_i16x8_s (local.get $keep) (local.get $keep))))
      (local.set $counter (i32x4.add (local.get $counter) (i32x4.splat (i32.const 4))))
      (local.set $y (i32.add (local.get $y) (i32.const 8)))
      (br $groups))))

  ;; Rows of x as bytes: each row is divided by its largest magnitude / `largest`, which becomes its scale, and rounded half
  ;; to even. A row of zeros has the scale 0.
  (func (export "quantizeRows")
    (param $x i32) (param $q i32) (param $scales i32) (param $rows i32) (param $width i32) (param $largest f32)
    (local $last i32) (local $at i32) (local $whole i32) (local $end i32)
    (local $top v128) (local $scale f32) (local $divisor v128)
    (local.set $last (i32.add (local.get $scales) (i32.shl (local.get $rows) (i32.const 2))))
    (block $done (loop $each
      (br_if $done (i32.ge_u (local.get $scales) (local.get $last)))
      (local.set $whole (i32.add (local.get $x) (i32.shl (i32.and (local.get $width) (i32.const -16)) (i32.const 2))))
      (local.set $end (i32.add (local.get $x) (i32.shl (local.get $width) (i32.const 2))))
      (local.set $at (local.get $x))
      (local.set $top (v128.const f32x4 0 0 0 0))
      (block $read (loop $vectors
        (br_if $read (i32.ge_u (local.get $at) (local.get $whole)))
        (local.set $top (f32x4.max (local.get $top) (f32x4.max
          (f32x4.max (f32x4.abs (v128.load (local.get $at))) (f32x4.abs (v128.load offset=16 (local.get $at))))
          (f32x4.max (f32x4.abs (v128.load offset=32 (local.get $at))) (f32x4.abs (v128.load offset=48 (local.get $at)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $vectors)))
      (local.set $scale (f32.max
        (f32.max (f32x4.extract_lane 0 (local.get $top)) (f32x4.extract_lane 1 (local.get $top)))
        (f32.max (f32x4.extract_lane 2 (local.get $top)) (f32x4.extract_lane 3 (local.get $top)))))
      (block $over (loop $rest
        (br_if $over (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $scale (f32.max (local.get $scale) (f32.abs (f32.load (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $rest)))
      (local.set $scale (f32.div (local.get $scale) (local.get $largest)))
      (f32.store (local.get $scales) (local.get $scale))
      (if (f32.eq (local.get $scale) (f32.const 0)) (then (local.set $scale (f32.const 1))))
      (local.set $divisor (f32x4.splat (local.get $scale)))
      (block $rounded (loop $vectors
        (br_if $rounded (i32.ge_u (local.get $x) (local.get $whole)))
        (v128.store (local.get $q) (i8x16.narrow_i16x8_s
          (i16x8.narrow_i32x4_s
            (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.div (v128.load (local.get $x)) (local.get $divisor))))
            (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.div (v128.load offset=16 (local.get $x)) (local.get $divisor)))))
          (i16x8.narrow_i32x4_s
            (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.div (v128.load offset=32 (local.get $x)) (local.get $divisor))))
            (i32x4.trunc_sat_f32x4_s (f32x4.nearest (f32x4.div (v128.load offset=48 (local.get $x)) (local.get $divisor)))))))
        (local.set $x (i32.add (local.get $x) (i32.const 64)))
        (local.set $q (i32.add (local.get $q) (i32.const 16)))
        (br $vectors)))
      (block $over (loop $rest
        (br_if $over (i32.ge_u (local.get $x) (local.get $end)))
        (i32.store8 (local.get $q)
          (i32.trunc_sat_f32_s (f32.max (f32.const -128) (f32.min (f32.const 127)
            (f32.nearest (f32.div (f32.load (local.get $x)) (local.get $scale)))))))
        (local.set $x (i32.add (local.get $x) (i32.const 4)))
        (local.set $q (i32.add (local.get $q) (i32.const 1)))
        (br $rest)))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (br $each))))
)
