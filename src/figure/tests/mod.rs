mod estimates;
mod shapes;
