-- Which models were asked, how many tokens went in and out, what did it cost? One row per request.
SELECT * FROM events WHERE kind = 'model_request'
