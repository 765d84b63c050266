-- frame
CREATE TABLE held (
  pn BIGINT
);

-- bill_again
CREATE TABLE several_bill_again AS
SELECT
  p.bill_no
FROM payments AS p
WHERE
  p.kind = 'PAYMENT' AND p.state = 'SUCCEEDED' AND p.bill_no <> ''
GROUP BY
  p.bill_no
HAVING
  COUNT(*) > 1;

-- bill_again: if several_bill_again has no row, nothing up to the end of it

-- bill_again
INSERT INTO held
SELECT
  p.pn
FROM payments AS p
JOIN several_bill_again AS b
  ON p.bill_no = b.bill_no;

-- end of several_bill_again

-- txn
CREATE TABLE bulk_joined AS
SELECT
  p.pn,
  l.ln,
  p.payment_id,
  l.line_id,
  p.amount_minor AS books_minor,
  l.amount_minor AS channel_minor,
  p.currency_code,
  CASE
    WHEN (
      p.fee_minor <> l.fee_minor
    )
    THEN 'FEE_MISMATCH'
    WHEN (
      p.state <> 'SUCCEEDED'
    )
    THEN 'STATUS_CHANNEL_SUCCESS'
    WHEN (
      NOT l.status IN ('SUCCEEDED', '')
    )
    THEN 'STATUS_PLATFORM_SUCCESS'
    ELSE ''
  END AS exception_class
FROM payments AS p
JOIN lines AS l
  ON p.channel = l.channel
  AND p.channel <> ''
  AND p.channel_txn_no = l.channel_txn_no
  AND p.channel_txn_no <> ''
  AND p.currency_code = l.currency_code
  AND p.currency_code <> ''
  AND p.amount_minor = l.amount_minor
WHERE
  p.kind IN ('PAYMENT')
  AND l.kind IN ('PAYMENT')
  AND (
    p.state = 'SUCCEEDED' OR l.status IN ('SUCCEEDED', '')
  )
  AND TRUE;

-- txn
CREATE TABLE not_bulk AS
SELECT
  j.pn
FROM bulk_joined AS j
WHERE
  NOT j.exception_class IN ('', 'CROSS_DAY', 'REFERENCE_DAMAGED')
  OR EXISTS(
    SELECT
      1
    FROM held AS h
    WHERE
      h.pn = j.pn
  )
UNION
SELECT
  j.pn
FROM bulk_joined AS j
GROUP BY
  j.pn
HAVING
  COUNT(*) > 1
UNION
SELECT
  j.pn
FROM bulk_joined AS j
JOIN (
  SELECT
    ln
  FROM bulk_joined
  GROUP BY
    ln
  HAVING
    COUNT(*) > 1
) AS m
  ON m.ln = j.ln;

-- txn
CREATE VIEW bulk AS
SELECT
  j.*
FROM bulk_joined AS j
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM not_bulk AS n
    WHERE
      n.pn = j.pn
  );

-- txn: bulk stays as it is

-- txn
CREATE TABLE rest_p_given AS
SELECT
  r.*
FROM payments AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM bulk AS b
    WHERE
      b.pn = r.pn
  );

-- txn
CREATE TABLE rest_l_given AS
SELECT
  r.*
FROM lines AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM bulk AS b
    WHERE
      b.ln = r.ln
  );

-- derive
-- Derive in Python;

-- frame
CREATE TABLE rest_p AS
SELECT
  r.*,
  n.channel_txn_no_normal,
  n.merchant_order_no_normal,
  n.channel_refund_no_normal,
  n.merchant_refund_no_normal,
  d.day_waits,
  COALESCE(r.pay_time_us >= d.edge_us, FALSE) AS near_cutoff
FROM rest_p_given AS r
JOIN normal_p AS n
  ON n.pn = r.pn
JOIN days_p AS d
  ON d.channel = r.channel AND d.business_date = r.business_date;

-- frame
CREATE TABLE rest_l AS
SELECT
  r.*,
  n.channel_txn_no_normal,
  n.merchant_order_no_normal,
  n.channel_refund_no_normal,
  n.merchant_refund_no_normal,
  d.day_waits,
  COALESCE(r.book_time_us >= d.edge_us, FALSE) AS near_cutoff
FROM rest_l_given AS r
JOIN normal_l AS n
  ON n.ln = r.ln
JOIN days_l AS d
  ON d.channel = r.channel AND d.business_date = r.business_date;

-- frame
CREATE TABLE placed_p (
  pn BIGINT,
  group_id TEXT COLLATE "C",
  rule_id TEXT COLLATE "C",
  stage TEXT COLLATE "C",
  disposition TEXT COLLATE "C",
  exception_class TEXT COLLATE "C",
  runner_up_id TEXT COLLATE "C",
  margin BIGINT,
  reason TEXT COLLATE "C",
  amount_minor BIGINT,
  difference_minor BIGINT
);

-- frame
CREATE TABLE unsearched_p (
  pn BIGINT,
  reason TEXT COLLATE "C"
);

-- frame
CREATE TABLE placed_l (
  ln BIGINT,
  group_id TEXT COLLATE "C",
  rule_id TEXT COLLATE "C",
  stage TEXT COLLATE "C",
  disposition TEXT COLLATE "C",
  exception_class TEXT COLLATE "C",
  runner_up_id TEXT COLLATE "C",
  margin BIGINT,
  reason TEXT COLLATE "C",
  amount_minor BIGINT,
  difference_minor BIGINT
);

-- frame
CREATE TABLE unsearched_l (
  ln BIGINT,
  reason TEXT COLLATE "C"
);

-- frame
CREATE VIEW live_p AS
SELECT
  r.*
FROM rest_p AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM placed_p AS x
    WHERE
      x.pn = r.pn
  );

-- frame
CREATE VIEW live_l AS
SELECT
  r.*
FROM rest_l AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM placed_l AS x
    WHERE
      x.ln = r.ln
  );

-- frame
CREATE TABLE again (
  group_id TEXT COLLATE "C",
  rule_id TEXT COLLATE "C",
  exception_class TEXT COLLATE "C",
  first_id TEXT COLLATE "C"
);

-- frame
CREATE TABLE ignored (
  group_id TEXT COLLATE "C",
  rule_id TEXT COLLATE "C"
);

-- txn
CREATE TABLE joined_txn AS
SELECT
  p.pn,
  l.ln,
  p.payment_id,
  l.line_id,
  p.amount_minor AS books_minor,
  l.amount_minor AS channel_minor,
  p.currency_code,
  CASE
    WHEN (
      p.fee_minor <> l.fee_minor
    )
    THEN 'FEE_MISMATCH'
    WHEN (
      p.state <> 'SUCCEEDED'
    )
    THEN 'STATUS_CHANNEL_SUCCESS'
    WHEN (
      NOT l.status IN ('SUCCEEDED', '')
    )
    THEN 'STATUS_PLATFORM_SUCCESS'
    ELSE ''
  END AS exception_class
FROM live_p AS p
JOIN live_l AS l
  ON p.channel = l.channel
  AND p.channel <> ''
  AND p.channel_txn_no = l.channel_txn_no
  AND p.channel_txn_no <> ''
  AND p.currency_code = l.currency_code
  AND p.currency_code <> ''
  AND p.amount_minor = l.amount_minor
WHERE
  p.kind IN ('PAYMENT')
  AND l.kind IN ('PAYMENT')
  AND (
    p.state = 'SUCCEEDED' OR l.status IN ('SUCCEEDED', '')
  )
  AND TRUE;

-- txn: if joined_txn has no row, nothing up to the end of it

-- txn
CREATE TABLE pairs_txn AS
SELECT
  j.*
FROM joined_txn AS j
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT
        pn
      FROM joined_txn
      GROUP BY
        pn
      HAVING
        COUNT(*) > 1
    ) AS m
    WHERE
      m.pn = j.pn
  )
  AND NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT
        ln
      FROM joined_txn
      GROUP BY
        ln
      HAVING
        COUNT(*) > 1
    ) AS m
    WHERE
      m.ln = j.ln
  );

-- txn
INSERT INTO placed_p (
  pn,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  j.pn,
  CASE WHEN j.payment_id <= j.line_id THEN j.payment_id ELSE j.line_id END,
  'txn',
  'exact',
  CASE
    WHEN j.exception_class IN ('', 'CROSS_DAY', 'REFERENCE_DAMAGED')
    THEN 'MATCHED'
    ELSE 'EXCEPTION'
  END,
  j.exception_class,
  '',
  CAST(NULL AS BIGINT),
  'by channel, channel_txn_no, currency_code, amount_minor',
  CASE
    WHEN ABS(j.books_minor) >= ABS(j.channel_minor)
    THEN ABS(j.books_minor)
    ELSE ABS(j.channel_minor)
  END,
  ABS(j.channel_minor - j.books_minor)
FROM pairs_txn AS j;

-- txn
INSERT INTO placed_l (
  ln,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  j.ln,
  CASE WHEN j.payment_id <= j.line_id THEN j.payment_id ELSE j.line_id END,
  'txn',
  'exact',
  CASE
    WHEN j.exception_class IN ('', 'CROSS_DAY', 'REFERENCE_DAMAGED')
    THEN 'MATCHED'
    ELSE 'EXCEPTION'
  END,
  j.exception_class,
  '',
  CAST(NULL AS BIGINT),
  'by channel, channel_txn_no, currency_code, amount_minor',
  CASE
    WHEN ABS(j.books_minor) >= ABS(j.channel_minor)
    THEN ABS(j.books_minor)
    ELSE ABS(j.channel_minor)
  END,
  ABS(j.channel_minor - j.books_minor)
FROM pairs_txn AS j;

-- end of joined_txn

-- both
CREATE TABLE joined_both AS
WITH ranked_p AS (
  SELECT
    p.pn,
    p.amount_minor,
    p.channel,
    p.channel_txn_no,
    p.currency_code,
    p.kind,
    p.merchant_order_no,
    p.payer,
    p.payment_id,
    p.state,
    ROW_NUMBER() OVER (
      PARTITION BY p.channel, p.channel_txn_no, p.merchant_order_no
      ORDER BY p.pay_time_us, p.payment_id
    ) AS place
  FROM live_p AS p
  WHERE
    p.kind IN ('PAYMENT')
    AND p.channel <> ''
    AND p.channel_txn_no <> ''
    AND p.merchant_order_no <> ''
    AND EXISTS(
      SELECT
        1
      FROM live_l AS o
      WHERE
        p.channel = o.channel
        AND p.channel <> ''
        AND p.channel_txn_no = o.channel_txn_no
        AND p.channel_txn_no <> ''
        AND p.merchant_order_no = o.merchant_order_no
        AND p.merchant_order_no <> ''
    )
), ranked_l AS (
  SELECT
    l.ln,
    l.amount_minor,
    l.channel,
    l.channel_txn_no,
    l.currency_code,
    l.kind,
    l.line_id,
    l.merchant_order_no,
    l.payer,
    l.status,
    ROW_NUMBER() OVER (
      PARTITION BY l.channel, l.channel_txn_no, l.merchant_order_no
      ORDER BY l.file_id, l.line_no, l.line_id
    ) AS place
  FROM live_l AS l
  WHERE
    l.kind IN ('PAYMENT', 'CREDIT')
    AND l.channel <> ''
    AND l.channel_txn_no <> ''
    AND l.merchant_order_no <> ''
    AND EXISTS(
      SELECT
        1
      FROM live_p AS o
      WHERE
        o.channel = l.channel
        AND o.channel <> ''
        AND o.channel_txn_no = l.channel_txn_no
        AND o.channel_txn_no <> ''
        AND o.merchant_order_no = l.merchant_order_no
        AND o.merchant_order_no <> ''
    )
)
SELECT
  p.pn,
  l.ln,
  p.payment_id,
  l.line_id,
  p.amount_minor AS books_minor,
  l.amount_minor AS channel_minor,
  p.currency_code,
  CASE
    WHEN (
      p.state <> 'SUCCEEDED'
    )
    THEN 'STATUS_CHANNEL_SUCCESS'
    WHEN (
      NOT l.status IN ('SUCCEEDED', '')
    )
    THEN 'STATUS_PLATFORM_SUCCESS'
    ELSE ''
  END AS exception_class
FROM ranked_p AS p
JOIN ranked_l AS l
  ON p.channel = l.channel
  AND p.channel <> ''
  AND p.channel_txn_no = l.channel_txn_no
  AND p.channel_txn_no <> ''
  AND p.merchant_order_no = l.merchant_order_no
  AND p.merchant_order_no <> ''
WHERE
  p.kind IN ('PAYMENT')
  AND l.kind IN ('PAYMENT', 'CREDIT')
  AND (
    p.state = 'SUCCEEDED' OR l.status IN ('SUCCEEDED', '')
  )
  AND (
    p.payer = l.payer
  )
  AND p.place = l.place;

-- both: if joined_both has no row, nothing up to the end of it

-- both
CREATE TABLE pairs_both AS
SELECT
  j.*
FROM joined_both AS j
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT
        pn
      FROM joined_both
      GROUP BY
        pn
      HAVING
        COUNT(*) > 1
    ) AS m
    WHERE
      m.pn = j.pn
  )
  AND NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT
        ln
      FROM joined_both
      GROUP BY
        ln
      HAVING
        COUNT(*) > 1
    ) AS m
    WHERE
      m.ln = j.ln
  );

-- both
INSERT INTO placed_p (
  pn,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  j.pn,
  CASE WHEN j.payment_id <= j.line_id THEN j.payment_id ELSE j.line_id END,
  'both',
  's',
  CASE
    WHEN j.exception_class IN ('', 'CROSS_DAY', 'REFERENCE_DAMAGED')
    THEN 'SUGGESTED'
    ELSE 'EXCEPTION'
  END,
  j.exception_class,
  '',
  CAST(NULL AS BIGINT),
  'by channel, channel_txn_no, merchant_order_no',
  CASE
    WHEN ABS(j.books_minor) >= ABS(j.channel_minor)
    THEN ABS(j.books_minor)
    ELSE ABS(j.channel_minor)
  END,
  ABS(j.channel_minor - j.books_minor)
FROM pairs_both AS j;

-- both
INSERT INTO placed_l (
  ln,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  j.ln,
  CASE WHEN j.payment_id <= j.line_id THEN j.payment_id ELSE j.line_id END,
  'both',
  's',
  CASE
    WHEN j.exception_class IN ('', 'CROSS_DAY', 'REFERENCE_DAMAGED')
    THEN 'SUGGESTED'
    ELSE 'EXCEPTION'
  END,
  j.exception_class,
  '',
  CAST(NULL AS BIGINT),
  'by channel, channel_txn_no, merchant_order_no',
  CASE
    WHEN ABS(j.books_minor) >= ABS(j.channel_minor)
    THEN ABS(j.books_minor)
    ELSE ABS(j.channel_minor)
  END,
  ABS(j.channel_minor - j.books_minor)
FROM pairs_both AS j;

-- end of joined_both

-- line_again
CREATE TABLE open_line_again AS
SELECT
  this.ln,
  this.amount_minor,
  this.channel,
  this.channel_txn_no,
  this.file_id,
  this.line_id,
  this.line_no
FROM live_l AS this
WHERE
  this.kind IN ('PAYMENT') AND this.channel <> '' AND this.channel_txn_no <> '';

-- line_again: if open_line_again has no row, nothing up to the end of it

-- line_again
CREATE TABLE repeats_line_again AS
SELECT
  this.ln,
  this.line_id AS id,
  this.amount_minor,
  MIN(first.line_id) AS first_id
FROM open_line_again AS this
JOIN lines AS first
  ON this.channel = first.channel
  AND this.channel_txn_no = first.channel_txn_no
  AND first.ln <> this.ln
LEFT JOIN live_l AS open
  ON open.ln = first.ln
WHERE
  TRUE
  AND (
    open.ln IS NULL
    OR (
      first.file_id < this.file_id
      OR (
        first.file_id = this.file_id
        AND (
          first.line_no < this.line_no
          OR (
            first.line_no = this.line_no AND first.line_id < this.line_id
          )
        )
      )
    )
  )
GROUP BY
  this.ln,
  this.line_id,
  this.amount_minor;

-- line_again: if repeats_line_again has no row, nothing up to the end of it

-- line_again
INSERT INTO placed_l (
  ln,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  r.ln,
  r.id,
  'line_again',
  's',
  'EXCEPTION',
  'DUPLICATE_LINE',
  r.first_id,
  CAST(NULL AS BIGINT),
  'repeats another by channel, channel_txn_no',
  ABS(r.amount_minor),
  ABS(r.amount_minor)
FROM repeats_line_again AS r;

-- end of repeats_line_again

-- end of open_line_again

-- frame
CREATE TABLE group_p AS
SELECT
  *
FROM live_p;

-- frame
CREATE TABLE group_l AS
SELECT
  *
FROM live_l;

-- frame
DROP VIEW live_p;

-- frame
DROP VIEW live_l;

-- frame
CREATE VIEW live_p AS
SELECT
  r.*
FROM group_p AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM placed_p AS x
    WHERE
      x.pn = r.pn
  );

-- frame
CREATE VIEW live_l AS
SELECT
  r.*
FROM group_l AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM placed_l AS x
    WHERE
      x.ln = r.ln
  );

-- batch
CREATE TABLE sums_l_batch AS
SELECT
  l.merchant_order_no AS k0,
  CAST(SUM(l.amount_minor) AS BIGINT) AS minor,
  COUNT(*) AS rows_in,
  MIN(l.line_id) AS least_id
FROM live_l AS l
WHERE
  l.kind IN ('CREDIT')
  AND (
    l.status IN ('SUCCEEDED', '')
  )
  AND l.merchant_order_no <> ''
  AND TRUE
GROUP BY
  l.merchant_order_no;

-- batch: if sums_l_batch has no row, nothing up to the end of it

-- batch
CREATE TABLE sums_p_batch AS
SELECT
  p.bill_no AS k0,
  CAST(SUM(p.amount_minor - COALESCE(p.fee_minor, 0)) AS BIGINT) AS minor,
  COUNT(*) AS rows_in,
  MIN(p.payment_id) AS least_id
FROM live_p AS p
WHERE
  p.kind IN ('PAYMENT') AND (
    p.state = 'SUCCEEDED'
  ) AND p.bill_no <> '' AND TRUE
GROUP BY
  p.bill_no;

-- batch: if sums_p_batch has no row, nothing up to the end of it

-- batch
CREATE TABLE groups_batch AS
SELECT
  *
FROM (
  SELECT
    g.*,
    CASE
      WHEN g.payments_minor = g.lines_minor
      THEN ''
      ELSE CASE WHEN (
        g.line_count > 1
      ) THEN 'SPLIT_INCOMPLETE' ELSE '' END
    END AS exception_class
  FROM (
    SELECT
      p.k0,
      p.minor AS payments_minor,
      l.minor AS lines_minor,
      p.rows_in AS payment_count,
      l.rows_in AS line_count,
      CASE WHEN p.least_id <= l.least_id THEN p.least_id ELSE l.least_id END AS group_id
    FROM sums_p_batch AS p
    JOIN sums_l_batch AS l
      ON p.k0 = l.k0
    WHERE
      l.rows_in = 1 AND p.rows_in + l.rows_in > 2 AND (
        p.minor <> 0 OR l.minor <> 0
      )
  ) AS g
) AS c
WHERE
  c.payments_minor = c.lines_minor OR c.exception_class <> '';

-- batch: if groups_batch has no row, nothing up to the end of it

-- batch
INSERT INTO placed_p (
  pn,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  p.pn,
  g.group_id,
  'batch',
  's',
  CASE
    WHEN g.exception_class IN ('', 'CROSS_DAY', 'REFERENCE_DAMAGED')
    THEN 'MATCHED'
    ELSE 'EXCEPTION'
  END,
  g.exception_class,
  '',
  CAST(NULL AS BIGINT),
  'sum by bill_no = merchant_order_no',
  CASE
    WHEN ABS(g.payments_minor) >= ABS(g.lines_minor)
    THEN ABS(g.payments_minor)
    ELSE ABS(g.lines_minor)
  END,
  ABS(g.lines_minor - g.payments_minor)
FROM live_p AS p
JOIN groups_batch AS g
  ON p.bill_no = g.k0
WHERE
  p.kind IN ('PAYMENT') AND (
    p.state = 'SUCCEEDED'
  ) AND p.bill_no <> '' AND TRUE;

-- batch
INSERT INTO placed_l (
  ln,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  l.ln,
  g.group_id,
  'batch',
  's',
  CASE
    WHEN g.exception_class IN ('', 'CROSS_DAY', 'REFERENCE_DAMAGED')
    THEN 'MATCHED'
    ELSE 'EXCEPTION'
  END,
  g.exception_class,
  '',
  CAST(NULL AS BIGINT),
  'sum by bill_no = merchant_order_no',
  CASE
    WHEN ABS(g.payments_minor) >= ABS(g.lines_minor)
    THEN ABS(g.payments_minor)
    ELSE ABS(g.lines_minor)
  END,
  ABS(g.lines_minor - g.payments_minor)
FROM live_l AS l
JOIN groups_batch AS g
  ON l.merchant_order_no = g.k0
WHERE
  l.kind IN ('CREDIT')
  AND (
    l.status IN ('SUCCEEDED', '')
  )
  AND l.merchant_order_no <> ''
  AND TRUE;

-- end of groups_batch

-- end of sums_p_batch

-- end of sums_l_batch

-- frame
CREATE TABLE near_p AS
SELECT
  *
FROM live_p;

-- frame
CREATE TABLE near_l AS
SELECT
  *
FROM live_l;

-- frame
DROP VIEW live_p;

-- frame
DROP VIEW live_l;

-- frame
CREATE VIEW live_p AS
SELECT
  r.*
FROM near_p AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM placed_p AS x
    WHERE
      x.pn = r.pn
  );

-- frame
CREATE VIEW live_l AS
SELECT
  r.*
FROM near_l AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM placed_l AS x
    WHERE
      x.ln = r.ln
  );

-- near
CREATE TABLE near_l_near AS
SELECT
  l.ln,
  l.amount_minor,
  l.book_time_us,
  l.channel,
  l.fee_minor,
  l.line_id,
  l.merchant_order_no_normal,
  l.book_time_us - l.book_time_us % 60000000 AS stretch
FROM live_l AS l
WHERE
  l.kind IN ('PAYMENT')
  AND l.status IN ('SUCCEEDED', '')
  AND NOT l.book_time_us IS NULL
  AND l.channel <> '';

-- near: if near_l_near has no row, nothing up to the end of it

-- near
CREATE TABLE near_p_near AS
SELECT
  p.pn,
  p.amount_minor,
  p.channel,
  p.fee_minor,
  p.merchant_order_no_normal,
  p.pay_time_us,
  p.payment_id,
  p.pay_time_us - p.pay_time_us % 60000000 + s.shift AS stretch
FROM live_p AS p
CROSS JOIN (
  SELECT
    -60000000 AS shift
  UNION ALL
  SELECT
    0
  UNION ALL
  SELECT
    60000000
) AS s
WHERE
  p.kind IN ('PAYMENT') AND p.state = 'SUCCEEDED' AND p.channel <> '';

-- near: if near_p_near has no row, nothing up to the end of it

-- near
CREATE TABLE crowded_near AS
SELECT
  p.k0 AS channel,
  p.k1 AS amount_minor,
  p.stretch
FROM (
  SELECT
    n.channel AS k0,
    n.amount_minor AS k1,
    n.stretch,
    COUNT(*) AS n
  FROM near_p_near AS n
  GROUP BY
    1,
    2,
    3
) AS p
JOIN (
  SELECT
    n.channel AS k0,
    n.amount_minor AS k1,
    n.stretch,
    COUNT(*) AS n
  FROM near_l_near AS n
  GROUP BY
    1,
    2,
    3
) AS l
  ON p.k0 = l.k0 AND p.k1 = l.k1 AND p.stretch = l.stretch
WHERE
  p.n * l.n > 10000;

-- near: if crowded_near has no row, nothing up to the end of it

-- near
INSERT INTO unsearched_p
SELECT DISTINCT
  p.pn,
  'no counterpart; no counterpart was looked for: more than 10000 pairs alike by channel, amount_minor within 60 s'
FROM near_p_near AS p
JOIN crowded_near AS c
  ON c.channel = p.channel
  AND c.amount_minor = p.amount_minor
  AND c.stretch = p.stretch;

-- near
INSERT INTO unsearched_l
SELECT DISTINCT
  l.ln,
  'no counterpart; no counterpart was looked for: more than 10000 pairs alike by channel, amount_minor within 60 s'
FROM near_l_near AS l
JOIN crowded_near AS c
  ON c.channel = l.channel
  AND c.amount_minor = l.amount_minor
  AND c.stretch = l.stretch;

-- end of crowded_near

-- near
CREATE TABLE candidates_near AS
SELECT
  p.pn,
  l.ln,
  p.payment_id,
  l.line_id,
  p.amount_minor AS books_minor,
  l.amount_minor AS channel_minor,
  p.fee_minor,
  ABS(p.pay_time_us - l.book_time_us) AS apart_us,
  p.merchant_order_no_normal AS p0,
  l.merchant_order_no_normal AS l0
FROM near_p_near AS p
JOIN near_l_near AS l
  ON p.channel = l.channel
  AND p.channel <> ''
  AND p.amount_minor = l.amount_minor
  AND p.stretch = l.stretch
  AND LEFT(p.merchant_order_no_normal, 8) = LEFT(l.merchant_order_no_normal, 8)
  AND LENGTH(p.merchant_order_no_normal) >= 12
  AND LENGTH(l.merchant_order_no_normal) >= 8
  AND (
    LEVENSHTEIN(LEFT(p.merchant_order_no_normal, 255), LEFT(l.merchant_order_no_normal, 255)) <= 2
    OR LEFT(p.merchant_order_no_normal, LENGTH(l.merchant_order_no_normal)) = l.merchant_order_no_normal
  )
WHERE
  ABS(p.pay_time_us - l.book_time_us) <= 60000000
  AND TRUE
  AND NOT EXISTS(
    SELECT
      1
    FROM crowded_near AS c
    WHERE
      c.channel = p.channel
      AND c.amount_minor = p.amount_minor
      AND c.stretch = p.stretch
  )
UNION
SELECT
  p.pn,
  l.ln,
  p.payment_id,
  l.line_id,
  p.amount_minor AS books_minor,
  l.amount_minor AS channel_minor,
  p.fee_minor,
  ABS(p.pay_time_us - l.book_time_us) AS apart_us,
  p.merchant_order_no_normal AS p0,
  l.merchant_order_no_normal AS l0
FROM near_p_near AS p
JOIN near_l_near AS l
  ON p.channel = l.channel
  AND p.channel <> ''
  AND p.amount_minor = l.amount_minor
  AND p.stretch = l.stretch
  AND RIGHT(p.merchant_order_no_normal, 4) = RIGHT(l.merchant_order_no_normal, 4)
  AND LENGTH(p.merchant_order_no_normal) >= 12
  AND LENGTH(l.merchant_order_no_normal) >= 8
  AND (
    LEVENSHTEIN(LEFT(p.merchant_order_no_normal, 255), LEFT(l.merchant_order_no_normal, 255)) <= 2
    OR LEFT(p.merchant_order_no_normal, LENGTH(l.merchant_order_no_normal)) = l.merchant_order_no_normal
  )
WHERE
  ABS(p.pay_time_us - l.book_time_us) <= 60000000
  AND TRUE
  AND NOT EXISTS(
    SELECT
      1
    FROM crowded_near AS c
    WHERE
      c.channel = p.channel
      AND c.amount_minor = p.amount_minor
      AND c.stretch = p.stretch
  );

-- near: if candidates_near has no row, nothing up to the end of it

-- near
-- Decide in Python;

-- near
INSERT INTO placed_p (
  pn,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  d.pn,
  d.group_id,
  d.rule_id,
  d.stage,
  d.disposition,
  d.exception_class,
  d.runner_up_id,
  d.margin,
  d.reason,
  d.amount_minor,
  d.difference_minor
FROM decided_p_near AS d;

-- near
INSERT INTO placed_l (
  ln,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  d.ln,
  d.group_id,
  d.rule_id,
  d.stage,
  d.disposition,
  d.exception_class,
  d.runner_up_id,
  d.margin,
  d.reason,
  d.amount_minor,
  d.difference_minor
FROM decided_l_near AS d;

-- end of candidates_near

-- end of near_p_near

-- end of near_l_near

-- frame
CREATE TABLE sums_p AS
SELECT
  *
FROM live_p;

-- frame
CREATE TABLE sums_l AS
SELECT
  *
FROM live_l;

-- frame
DROP VIEW live_p;

-- frame
DROP VIEW live_l;

-- frame
CREATE VIEW live_p AS
SELECT
  r.*
FROM sums_p AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM placed_p AS x
    WHERE
      x.pn = r.pn
  );

-- frame
CREATE VIEW live_l AS
SELECT
  r.*
FROM sums_l AS r
WHERE
  NOT EXISTS(
    SELECT
      1
    FROM placed_l AS x
    WHERE
      x.ln = r.ln
  );

-- sums
CREATE TABLE near_l_sums AS
SELECT
  l.ln,
  l.amount_minor,
  l.book_time_us,
  l.channel,
  l.currency_code,
  l.fee_minor,
  l.line_id,
  l.payer,
  l.book_time_us - l.book_time_us % 60000000 AS stretch
FROM live_l AS l
WHERE
  l.kind IN ('CREDIT')
  AND l.status IN ('SUCCEEDED', '')
  AND NOT l.book_time_us IS NULL
  AND l.channel <> ''
  AND l.payer <> ''
  AND l.currency_code <> '';

-- sums: if near_l_sums has no row, nothing up to the end of it

-- sums
CREATE TABLE near_p_sums AS
SELECT
  p.pn,
  p.amount_minor,
  p.channel,
  p.currency_code,
  p.fee_minor,
  p.pay_time_us,
  p.payer,
  p.payment_id,
  p.pay_time_us - p.pay_time_us % 60000000 + s.shift AS stretch
FROM live_p AS p
CROSS JOIN (
  SELECT
    -60000000 AS shift
  UNION ALL
  SELECT
    0
  UNION ALL
  SELECT
    60000000
) AS s
WHERE
  p.kind IN ('PAYMENT')
  AND p.state = 'SUCCEEDED'
  AND p.channel <> ''
  AND p.payer <> ''
  AND p.currency_code <> '';

-- sums: if near_p_sums has no row, nothing up to the end of it

-- sums
CREATE TABLE crowded_sums AS
SELECT
  n.channel,
  n.payer,
  n.currency_code,
  n.stretch
FROM near_p_sums AS n
GROUP BY
  n.channel,
  n.payer,
  n.currency_code,
  n.stretch
HAVING
  COUNT(*) > 80;

-- sums: if crowded_sums has no row, nothing up to the end of it

-- sums
INSERT INTO unsearched_l
SELECT DISTINCT
  l.ln,
  'no counterpart; no sum was looked for: more than 80 rows of a deposit by channel, payer, currency_code within 60 s'
FROM near_l_sums AS l
JOIN crowded_sums AS c
  ON c.channel = l.channel
  AND c.payer = l.payer
  AND c.currency_code = l.currency_code
  AND c.stretch = l.stretch;

-- end of crowded_sums

-- sums
CREATE TABLE candidates_sums AS
SELECT
  p.pn,
  l.ln,
  p.payment_id,
  l.line_id,
  p.amount_minor AS books_minor,
  l.amount_minor AS channel_minor,
  p.fee_minor,
  ABS(p.pay_time_us - l.book_time_us) AS apart_us
FROM near_p_sums AS p
JOIN near_l_sums AS l
  ON p.channel = l.channel
  AND p.channel <> ''
  AND p.payer = l.payer
  AND p.payer <> ''
  AND p.currency_code = l.currency_code
  AND p.currency_code <> ''
  AND p.stretch = l.stretch
  AND p.amount_minor > 0
  AND p.amount_minor - COALESCE(p.fee_minor, 0) <= l.amount_minor
WHERE
  ABS(p.pay_time_us - l.book_time_us) <= 60000000
  AND TRUE
  AND NOT EXISTS(
    SELECT
      1
    FROM crowded_sums AS c
    WHERE
      c.channel = p.channel
      AND c.payer = p.payer
      AND c.currency_code = p.currency_code
      AND c.stretch = p.stretch
  );

-- sums: if candidates_sums has no row, nothing up to the end of it

-- sums
INSERT INTO unsearched_p
SELECT DISTINCT
  c.pn,
  'no counterpart; no sum was looked for: more than 20 possible parts of a deposit by channel, payer, currency_code within 60 s'
FROM candidates_sums AS c
JOIN (
  SELECT
    ln
  FROM candidates_sums
  GROUP BY
    ln
  HAVING
    COUNT(*) > 20
) AS g
  ON g.ln = c.ln;

-- sums
INSERT INTO unsearched_l
SELECT DISTINCT
  c.ln,
  'no counterpart; no sum was looked for: more than 20 possible parts of a deposit by channel, payer, currency_code within 60 s'
FROM candidates_sums AS c
JOIN (
  SELECT
    ln
  FROM candidates_sums
  GROUP BY
    ln
  HAVING
    COUNT(*) > 20
) AS g
  ON g.ln = c.ln;

-- sums
-- DecideSums in Python;

-- sums
INSERT INTO placed_p (
  pn,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  d.pn,
  d.group_id,
  d.rule_id,
  d.stage,
  d.disposition,
  d.exception_class,
  d.runner_up_id,
  d.margin,
  d.reason,
  d.amount_minor,
  d.difference_minor
FROM decided_p_sums AS d;

-- sums
INSERT INTO placed_l (
  ln,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  d.ln,
  d.group_id,
  d.rule_id,
  d.stage,
  d.disposition,
  d.exception_class,
  d.runner_up_id,
  d.margin,
  d.reason,
  d.amount_minor,
  d.difference_minor
FROM decided_l_sums AS d;

-- end of candidates_sums

-- end of near_p_sums

-- end of near_l_sums

-- exceeds
CREATE TABLE refunds_exceeds AS
SELECT
  p.merchant_order_no,
  CAST(SUM(p.amount_minor) AS BIGINT) AS refunded_minor
FROM rest_p AS p
WHERE
  p.kind = 'REFUND' AND p.state <> 'FAILED' AND p.merchant_order_no <> ''
GROUP BY
  p.merchant_order_no;

-- exceeds: if refunds_exceeds has no row, nothing up to the end of it

-- exceeds
CREATE TABLE paid_exceeds AS
SELECT
  p.merchant_order_no,
  p.amount_minor,
  p.kind,
  p.state,
  r.refunded_minor
FROM payments AS p
JOIN refunds_exceeds AS r
  ON p.merchant_order_no = r.merchant_order_no;

-- exceeds
CREATE TABLE exceeded_exceeds AS
SELECT
  p.merchant_order_no
FROM paid_exceeds AS p
WHERE
  p.kind = 'PAYMENT' AND p.state = 'SUCCEEDED'
GROUP BY
  p.merchant_order_no,
  p.refunded_minor
HAVING
  SUM(p.amount_minor) + p.refunded_minor < 0;

-- exceeds: if exceeded_exceeds has no row, nothing up to the end of it

-- exceeds
CREATE TABLE first_exceeds AS
SELECT
  p.merchant_order_no,
  MIN(p.payment_id) AS payment_id
FROM payments AS p
JOIN exceeded_exceeds AS r
  ON p.merchant_order_no = r.merchant_order_no
WHERE
  p.kind = 'PAYMENT' AND p.state = 'SUCCEEDED'
GROUP BY
  p.merchant_order_no;

-- exceeds
INSERT INTO again
SELECT DISTINCT
  x.group_id,
  'exceeds',
  'REFUND_EXCEEDS_PAYMENT',
  e.payment_id
FROM placed_p AS x
JOIN rest_p AS p
  ON p.pn = x.pn
JOIN first_exceeds AS e
  ON p.merchant_order_no = e.merchant_order_no
WHERE
  p.kind = 'REFUND'
  AND x.disposition IN ('MATCHED', 'SUGGESTED')
  AND NOT EXISTS(
    SELECT
      1
    FROM again AS o
    WHERE
      o.group_id = x.group_id
  );

-- end of exceeded_exceeds

-- end of refunds_exceeds

-- bill_again
CREATE TABLE bills_bill_again AS
SELECT
  x.group_id,
  p.payment_id,
  p.bill_no,
  ROW_NUMBER() OVER (PARTITION BY p.bill_no ORDER BY p.pay_time_us, p.payment_id) AS place
FROM placed_p AS x
JOIN rest_p AS p
  ON p.pn = x.pn
WHERE
  x.disposition IN ('MATCHED', 'SUGGESTED')
  AND p.kind = 'PAYMENT'
  AND p.bill_no <> '';

-- bill_again
INSERT INTO again
SELECT DISTINCT
  b.group_id,
  'bill_again',
  'DUPLICATE_PAYMENT',
  a.payment_id
FROM bills_bill_again AS b
JOIN bills_bill_again AS a
  ON a.bill_no = b.bill_no AND a.place = 1
WHERE
  b.place > 1
  AND a.group_id <> b.group_id
  AND NOT EXISTS(
    SELECT
      1
    FROM again AS o
    WHERE
      o.group_id = b.group_id
  );

-- net
CREATE TABLE nets_net AS
SELECT
  l.channel_txn_no,
  MIN(l.line_id) AS group_id,
  CAST(SUM(ABS(l.amount_minor)) AS BIGINT) AS moved
FROM live_l AS l
WHERE
  l.channel_txn_no <> ''
GROUP BY
  l.channel_txn_no
HAVING
  COUNT(*) > 1 AND SUM(l.amount_minor) = 0 AND SUM(ABS(l.amount_minor)) > 0;

-- net: if nets_net has no row, nothing up to the end of it

-- net
INSERT INTO placed_l (
  ln,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  l.ln,
  n.group_id,
  'net',
  's',
  'IGNORED_BY_RULE',
  '',
  '',
  CAST(NULL AS BIGINT),
  'sums to nothing by channel_txn_no',
  ABS(l.amount_minor),
  0
FROM live_l AS l
JOIN nets_net AS n
  ON l.channel_txn_no = n.channel_txn_no AND l.channel_txn_no <> '';

-- end of nets_net

-- waits
INSERT INTO placed_p (
  pn,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  p.pn,
  p.payment_id,
  'waits',
  's',
  'BUFFERED',
  '',
  '',
  CAST(NULL AS BIGINT),
  COALESCE(u.reason, 'no counterpart'),
  ABS(p.amount_minor),
  ABS(p.amount_minor)
FROM live_p AS p
LEFT JOIN (
  SELECT
    pn,
    MIN(reason) AS reason
  FROM unsearched_p
  GROUP BY
    pn
) AS u
  ON u.pn = p.pn
WHERE
  (
    p.near_cutoff
  );

-- unplaced
INSERT INTO placed_p (
  pn,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  p.pn,
  p.payment_id,
  'unplaced',
  'rest',
  'EXCEPTION',
  'PLATFORM_ONLY',
  '',
  CAST(NULL AS BIGINT),
  'no rule names it',
  ABS(p.amount_minor),
  ABS(p.amount_minor)
FROM live_p AS p;

-- unplaced
INSERT INTO placed_l (
  ln,
  group_id,
  rule_id,
  stage,
  disposition,
  exception_class,
  runner_up_id,
  margin,
  reason,
  amount_minor,
  difference_minor
)
SELECT
  l.ln,
  l.line_id,
  'unplaced',
  'rest',
  'EXCEPTION',
  'CHANNEL_ONLY',
  '',
  CAST(NULL AS BIGINT),
  'no rule names it',
  ABS(l.amount_minor),
  ABS(l.amount_minor)
FROM live_l AS l;

-- small
INSERT INTO ignored
SELECT
  c.group_id,
  'small'
FROM (
  SELECT
    g.group_id,
    ROW_NUMBER() OVER (PARTITION BY g.business_date, g.currency_code ORDER BY g.group_id) AS place,
    SUM(g.minor) OVER (
      PARTITION BY g.business_date, g.currency_code
      ORDER BY g.group_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS used_minor
  FROM (
    SELECT
      a.group_id,
      MIN(a.business_date) AS business_date,
      MIN(a.currency_code) AS currency_code,
      MAX(a.minor) AS minor
    FROM (
      SELECT
        x.group_id,
        r.business_date,
        r.currency_code,
        x.difference_minor AS minor
      FROM placed_p AS x
      JOIN rest_p AS r
        ON r.pn = x.pn
      WHERE
        x.disposition = 'EXCEPTION'
        AND x.exception_class IN ('CHANNEL_ONLY')
        AND x.difference_minor < 100
      UNION ALL
      SELECT
        x.group_id,
        r.business_date,
        r.currency_code,
        x.difference_minor AS minor
      FROM placed_l AS x
      JOIN rest_l AS r
        ON r.ln = x.ln
      WHERE
        x.disposition = 'EXCEPTION'
        AND x.exception_class IN ('CHANNEL_ONLY')
        AND x.difference_minor < 100
    ) AS a
    GROUP BY
      a.group_id
  ) AS g
  WHERE
    NOT EXISTS(
      SELECT
        1
      FROM ignored AS i
      WHERE
        i.group_id = g.group_id
    )
) AS c
WHERE
  c.place <= 9 AND c.used_minor <= 500;

-- results
CREATE TABLE placed_results AS
SELECT
  'P' AS side,
  r.payment_id AS id,
  x.group_id,
  CASE
    WHEN NOT i.rule_id IS NULL
    THEN i.rule_id
    WHEN NOT a.rule_id IS NULL
    THEN a.rule_id
    ELSE x.rule_id
  END AS rule_id,
  x.stage,
  CASE
    WHEN NOT i.rule_id IS NULL
    THEN 'IGNORED_BY_RULE'
    WHEN NOT a.rule_id IS NULL
    THEN 'EXCEPTION'
    ELSE x.disposition
  END AS disposition,
  COALESCE(a.exception_class, x.exception_class) AS exception_class,
  COALESCE(a.first_id, x.runner_up_id) AS runner_up_id,
  x.margin,
  CASE
    WHEN NOT i.group_id IS NULL
    OR x.disposition IN ('MATCHED', 'IGNORED_BY_RULE')
    AND a.group_id IS NULL
    OR x.amount_minor < 500000
    THEN x.reason
    ELSE x.reason || '; two people confirm'
  END AS reason,
  r.currency_code,
  r.amount_minor
FROM placed_p AS x
JOIN rest_p AS r
  ON r.pn = x.pn
LEFT JOIN again AS a
  ON a.group_id = x.group_id
LEFT JOIN ignored AS i
  ON i.group_id = x.group_id
UNION ALL
SELECT
  'L' AS side,
  r.line_id AS id,
  x.group_id,
  CASE
    WHEN NOT i.rule_id IS NULL
    THEN i.rule_id
    WHEN NOT a.rule_id IS NULL
    THEN a.rule_id
    ELSE x.rule_id
  END AS rule_id,
  x.stage,
  CASE
    WHEN NOT i.rule_id IS NULL
    THEN 'IGNORED_BY_RULE'
    WHEN NOT a.rule_id IS NULL
    THEN 'EXCEPTION'
    ELSE x.disposition
  END AS disposition,
  COALESCE(a.exception_class, x.exception_class) AS exception_class,
  COALESCE(a.first_id, x.runner_up_id) AS runner_up_id,
  x.margin,
  CASE
    WHEN NOT i.group_id IS NULL
    OR x.disposition IN ('MATCHED', 'IGNORED_BY_RULE')
    AND a.group_id IS NULL
    OR x.amount_minor < 500000
    THEN x.reason
    ELSE x.reason || '; two people confirm'
  END AS reason,
  r.currency_code,
  r.amount_minor
FROM placed_l AS x
JOIN rest_l AS r
  ON r.ln = x.ln
LEFT JOIN again AS a
  ON a.group_id = x.group_id
LEFT JOIN ignored AS i
  ON i.group_id = x.group_id;

-- results
CREATE VIEW totals AS
SELECT
  'P' AS side,
  'MATCHED' AS disposition,
  b.exception_class,
  b.currency_code,
  COUNT(*) AS row_count,
  SUM(b.books_minor) AS amount_minor
FROM bulk AS b
GROUP BY
  b.exception_class,
  b.currency_code
UNION ALL
SELECT
  'L' AS side,
  'MATCHED' AS disposition,
  b.exception_class,
  b.currency_code,
  COUNT(*) AS row_count,
  SUM(b.channel_minor) AS amount_minor
FROM bulk AS b
GROUP BY
  b.exception_class,
  b.currency_code
UNION ALL
SELECT
  r.side,
  r.disposition,
  r.exception_class,
  r.currency_code,
  COUNT(*),
  SUM(r.amount_minor)
FROM placed_results AS r
GROUP BY
  r.side,
  r.disposition,
  r.exception_class,
  r.currency_code;
