SELECT
  f.sched_dep_time,
  f.carrier,
  a.name AS airline,
  f.flight,
  f.origin,
  f.dest,
  f.dep_delay,
  {{ punctuality.is_late('f.arr_delay') }} AS late
FROM 'data/flights.parquet' AS f
INNER JOIN 'data/airlines.parquet' AS a ON f.carrier = a.carrier
WHERE f.flight_date = {{ date }}
  AND f.origin IN ({{ origins }})
{% if carrier is not none %}
  AND f.carrier = {{ carrier }}
{% endif %}
{% if min_delay is not none %}
  AND f.dep_delay >= {{ min_delay }}
{% endif %}
ORDER BY f.sched_dep_time, f.carrier, f.flight
