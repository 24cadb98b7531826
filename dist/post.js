import './index.js?post';
