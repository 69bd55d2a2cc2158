SELECT *
FROM 'data/flights.parquet'
